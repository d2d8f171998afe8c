using PoUW.Core.Chain;
using PoUW.Core.Parameters;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Nodes;

/// <summary>What a node's chain is made of, for the node and for the repair of its store.</summary>
internal static class NodeChain
{
    internal static BlockChainOptions OptionsOf(PouwNodeOptions options, LeaseView leases) => new()
    {
        Store = options.Store,
        Node = options.Name,
        Parameters = options.Parameters,
        WorkVerifier = new TileWorkVerifier(new NetworkRules(options.Parameters)),
        Difficulty = new AsertDifficulty(options.Parameters),
        Modules = NodeModules.Create(options.Parameters),
        Leases = leases,
        Time = options.Time,
        KeptWitnesses = options.KeptWitnesses,
        TrustedCheckpoint = options.TrustedCheckpoint,
        ObserverFailed = (observer, failure) => options.Observer.Warn(options.Name, $"{observer.GetType().Name} failed: {failure.Message}"),
    };
}
