using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// A chain of blocks full of transfers, made once and imported many times: accounts that genesis funds, in every block distinct senders and
/// distinct recipients in a random order, real signatures and real certificates at the easiest target.
/// </summary>
internal sealed class TransferWorkload
{
    private const int Accounts = 10_000;

    private readonly KeyPair[] _keys;
    private readonly KeyPair _producer = KeyPair.Generate(new SeededRandomSource(1, "producer"));
    private readonly ulong[] _nonces = new ulong[Accounts];
    private readonly Random _random = new(8);
    private readonly TimeProvider _time;
    private readonly EasyMiner _miner = new();

    internal TransferWorkload()
    {
        _keys = new KeyPair[Accounts];
        Parallel.For(0, Accounts, i => _keys[i] = KeyPair.Generate(new SeededRandomSource((ulong)i, "account")));
        Parameters = NetworkParameters.Development with
        {
            GenesisTicketsPerBlock = 1,
            BlockGasLimit = 10_000_000_000,
            MaxBlockBytes = 3 * 1024 * 1024,
            Allocations = [.. _keys.Select(static key => new GenesisAllocation(key.Address, Amount.FromCoins(1_000)))],
        };
        _time = new StandingClock(DateTimeOffset.FromUnixTimeMilliseconds((long)Parameters.GenesisTimeMilliseconds).AddDays(365));
        NoSignatures = new AcceptingScheme([.. _keys, _producer]);
        Maker = Open(new InMemoryKeyValueStore(), NoSignatures);
    }

    internal NetworkParameters Parameters { get; }

    /// <summary>The chain that made the blocks; it knows their positions.</summary>
    internal BlockChain Maker { get; }

    /// <summary>Accepts every signature of the accounts, for chains whose signatures are not the question.</summary>
    internal ISignatureScheme NoSignatures { get; }

    internal BlockChain Open(IKeyValueStore store, ISignatureScheme scheme) => new(Options(store, scheme));

    internal BlockChainOptions Options(IKeyValueStore store, ISignatureScheme scheme) => new()
    {
        Store = store,
        Parameters = Parameters,
        WorkVerifier = new TileWorkVerifier(new NetworkRules(Parameters)),
        Difficulty = new AsertDifficulty(Parameters),
        SignatureScheme = scheme,
        Time = _time,

        // Small, so that it is full when measuring begins: a memory that still grows would count as garbage.
        State = new WorldStateOptions { PageCacheBytes = 4 * 1024 * 1024, ValueCacheBytes = 2 * 1024 * 1024 },
    };

    /// <summary>Makes the next blocks and gives their encodings.</summary>
    internal List<byte[]> Make(int blocks, int transfers)
    {
        List<byte[]> made = [];
        for (int i = 0; i < blocks; i++)
        {
            ulong time = Maker.Head.Header.TimestampMs + Parameters.BlockTimeMilliseconds;
            BlockTemplate template = Maker.Propose(_producer.Address, Sign(transfers), time);
            if (template.Transactions.Count != transfers)
            {
                throw new InvalidOperationException($"{template.Transactions.Count} of {transfers} transfers are in the block.");
            }

            Block block = _miner.Mine(template, _producer);
            Demand(Maker.Import(block));
            made.Add(block.Encode());
        }

        return made;
    }

    internal static void Demand(ValidationResult result)
    {
        if (!result.IsValid)
        {
            throw new InvalidOperationException(result.ToString());
        }
    }

    private Transaction[] Sign(int count)
    {
        int[] senders = Shuffled();
        int[] recipients = Shuffled();
        Transaction[] signed = new Transaction[count];
        TransactionSigner signer = new(Parameters);
        Parallel.For(0, count, i =>
        {
            Address to = _keys[recipients[i]].Address;
            signed[i] = signer.Transfer(_keys[senders[i]], _nonces[senders[i]]++, to, new Amount(1_000_000 + (UInt128)i), tipPerGas: 1);
        });
        return signed;
    }

    private int[] Shuffled()
    {
        int[] order = [.. Enumerable.Range(0, Accounts)];
        _random.Shuffle(order);
        return order;
    }
}
