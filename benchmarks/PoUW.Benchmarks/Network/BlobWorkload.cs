using PoUW.Benchmarks.Ledger;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Benchmarks.Network;

/// <summary>A chain whose blocks are a MiB: eight transactions, each with the longest payload there is. The same in every process.</summary>
internal sealed class BlobWorkload
{
    private const int Senders = 8;
    private const int PayloadBytes = Transaction.MaxPayloadBytes;
    private const TransactionKind Blob = (TransactionKind)200;

    private readonly KeyPair _producer = KeyPair.Generate(new SeededRandomSource(1, "producer"));
    private readonly KeyPair[] _keys = [.. Enumerable.Range(0, Senders).Select(static i => KeyPair.Generate(new SeededRandomSource((ulong)i, "account")))];
    private readonly EasyMiner _miner = new();
    private ulong _nonce;

    internal BlobWorkload()
    {
        NetworkParameters parameters = NetworkParameters.Development with
        {
            GenesisTicketsPerBlock = 1,
            BlockGasLimit = 10_000_000_000,
            Allocations = [.. _keys.Select(static key => new GenesisAllocation(key.Address, Amount.FromCoins(1_000_000)))],
        };
        Chain = new BlockChain(new BlockChainOptions
        {
            Store = new InMemoryKeyValueStore(),
            Parameters = parameters,
            Modules = [new BlobModule()],
            WorkVerifier = new TileWorkVerifier(new NetworkRules(parameters)),
            Difficulty = new AsertDifficulty(parameters),
            Time = new StandingClock(DateTimeOffset.FromUnixTimeMilliseconds((long)parameters.GenesisTimeMilliseconds).AddDays(365)),
        });
    }

    internal BlockChain Chain { get; }

    /// <summary>Makes and imports the next block.</summary>
    internal Block Make()
    {
        TransactionSigner signer = new(Chain.Parameters);
        byte[] payload = new byte[PayloadBytes];
        new Random((int)_nonce).NextBytes(payload);
        Transaction[] transactions = [.. _keys.Select(key => signer.Sign(key, Blob, _nonce, payload))];
        _nonce++;
        ulong time = Chain.Head.Header.TimestampMs + Chain.Parameters.BlockTimeMilliseconds;
        BlockTemplate template = Chain.Propose(_producer.Address, transactions, time);
        if (template.Transactions.Count != Senders)
        {
            throw new InvalidOperationException($"{template.Transactions.Count} of {Senders} transactions are in the block.");
        }

        Block block = _miner.Mine(template, _producer);
        TransferWorkload.Demand(Chain.Import(block));
        return block;
    }

    /// <summary>Takes any payload and does nothing with it.</summary>
    private sealed class BlobModule : ILedgerModule
    {
        public string Name => "blob";

        public IReadOnlyList<TransactionKind> Kinds => [Blob];

        public void Genesis(IStateWriter state)
        {
            // It has no state.
        }

        public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => ValidationResult.Ok;

        public ValidationResult Execute(TransactionContext transaction, IStateWriter state) => ValidationResult.Ok;

        public void EndBlock(BlockContext block, IStateWriter state)
        {
            // It has no state.
        }
    }
}
