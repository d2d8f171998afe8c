using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Finality;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Recovery;

/// <summary>
/// The network of the crash tests, the same in the process that kills and in the one that is killed: hash work, epochs of four blocks, four
/// voters with equal stakes, a few accounts that pay each other.
/// </summary>
internal sealed class CrashNet : IDisposable
{
    private const int Voters = 4;
    private const int Payers = 8;

    private readonly IReadOnlyList<ILedgerModule> _modules;
    private readonly ManualTime _time;

    internal CrashNet()
    {
        VoterKeys = [.. Enumerable.Range(0, Voters).Select(i => KeyPair.Generate(new SeededRandomSource((ulong)i, "crash voter")))];
        PayerKeys = [.. Enumerable.Range(0, Payers).Select(i => KeyPair.Generate(new SeededRandomSource((ulong)i, "crash payer")))];
        Producer = KeyPair.Generate(new SeededRandomSource(1, "crash producer"));
        TestStakes stakes = new([.. VoterKeys.Select(key => (key.Address, Amount.FromCoins(100)))]);
        _modules = [stakes, new FinalityModule(stakes, stakes, new Secp256k1Scheme())];
        Parameters = NetworkParameters.Development with
        {
            EpochBlocks = 4,
            Allocations = [.. VoterKeys.Concat(PayerKeys).Select(key => new GenesisAllocation(key.Address, Amount.FromCoins(1_000)))],
        };
        Signer = new TransactionSigner(Parameters);
        _time = new ManualTime(DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddDays(1));
    }

    internal IReadOnlyList<KeyPair> VoterKeys { get; }

    internal IReadOnlyList<KeyPair> PayerKeys { get; }

    internal KeyPair Producer { get; }

    internal NetworkParameters Parameters { get; }

    internal TransactionSigner Signer { get; }

    /// <summary>All accounts whose balances are compared.</summary>
    internal IEnumerable<Address> Accounts => [.. VoterKeys.Concat(PayerKeys).Append(Producer).Select(key => key.Address)];

    internal BlockChainOptions Options(IKeyValueStore store) => new()
    {
        Store = store,
        Parameters = Parameters,
        WorkVerifier = new NonceWork(),
        Difficulty = new StepDifficulty(),
        Modules = _modules,
        Time = _time,
        KeptWitnesses = 6,
        KeptStates = 4,
    };

    internal BlockChain Open(IKeyValueStore store) => new(Options(store));

    internal Block Next(BlockChain chain, IEnumerable<Transaction> transactions, ulong offsetMs)
    {
        BlockTemplate template = chain.Propose(Producer.Address, transactions, chain.Head.Header.TimestampMs + 1_000 + offsetMs);
        return template.Complete(NonceWork.Mine(template.Header), Producer);
    }

    public void Dispose()
    {
        foreach (KeyPair key in VoterKeys.Concat(PayerKeys).Append(Producer))
        {
            key.Dispose();
        }
    }
}
