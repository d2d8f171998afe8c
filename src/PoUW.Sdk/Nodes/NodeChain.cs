using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Nodes;

/// <summary>What a node's chain is made of, for the node and for the repair of its store.</summary>
internal static class NodeChain
{
    internal static BlockChainOptions OptionsOf(PouwNodeOptions options, LeaseView leases) => OptionsOf(options, leases, SignatureSchemes.CreateSecp256k1());

    // Every signature of a node is judged by one scheme.
    private static BlockChainOptions OptionsOf(PouwNodeOptions options, LeaseView leases, ISignatureScheme signatures) => new()
    {
        Store = options.Store,
        Node = options.Name,
        Parameters = options.Parameters,
        WorkVerifier = new TileWorkVerifier(new NetworkRules(options.Parameters)),
        Difficulty = new AsertDifficulty(options.Parameters),
        SignatureScheme = signatures,
        Modules = NodeModules.Create(options.Parameters, signatures),
        Leases = leases,
        Time = options.Time,
        KeptWitnesses = options.KeptWitnesses,
        KeptStates = KeptStatesOf(options),
        TrustedCheckpoint = options.TrustedCheckpoint,
        ObserverFailed = (observer, failure) => options.Observer.Warn(options.Name, $"{observer.GetType().Name} failed: {failure.Message}"),
    };

    // Workers and auditors read the state in which they found their task until its time is over.
    private static ulong KeptStatesOf(PouwNodeOptions options) => options.KeptStates == 0
        ? 0
        : Math.Max(options.KeptStates, Math.Max(options.Parameters.LeaseBlocks, options.Parameters.AuditCommitBlocks));
}
