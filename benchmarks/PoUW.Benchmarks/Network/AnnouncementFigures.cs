using System.Diagnostics;
using System.Numerics;
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
using PoUW.Core.Work;

namespace PoUW.Benchmarks.Network;

/// <summary>
/// From the announcement of a block of a megabyte to its import at each of twelve nodes of one process, each connected with a few others, over TCP and
/// TLS on loopback. The block is a few transactions with long payloads, so that the time is the network's and not that of signatures.
/// </summary>
internal static class AnnouncementFigures
{
    private const int Nodes = 12;
    private const int Blocks = 20;
    private const int Links = 4;
    private const double GoalMilliseconds = 300;

    private static readonly KeyPair Miner = KeyPair.Generate(new SeededRandomSource(1, "miner"));

    private static readonly NetworkParameters Parameters = NetworkParameters.Development with
    {
        BlockGasLimit = 1_000_000_000,
        Allocations = [new GenesisAllocation(Miner.Address, Amount.FromCoins(1_000_000))],
    };

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        List<SyncedNode> nodes = [];
        for (int i = 0; i < Nodes; i++)
        {
            nodes.Add(await SyncedNode.StartAsync(Open()));
            foreach (SyncedNode other in nodes.Take(i).TakeLast(Links))
            {
                await nodes[i].ConnectAsync(other);
            }
        }

        // The meshes form at a heartbeat.
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        List<double> times = [];
        for (int i = 0; i < Blocks; i++)
        {
            times.AddRange(await SpreadAsync(nodes, i));
        }

        foreach (SyncedNode node in nodes)
        {
            await node.DisposeAsync();
        }

        double[] sorted = [.. times.Order()];
        double p99 = sorted[(int)(0.99 * (sorted.Length - 1))];
        return
        [
            new RatioFigure("network.block.p50", sorted[sorted.Length / 2], "ms", sorted[sorted.Length / 2], "", null, null, LowerIsBetter: true),
            new RatioFigure("network.block.p99", p99, "ms", p99, "", null, GoalMilliseconds, LowerIsBetter: true),
        ];
    }

    private static async Task<IEnumerable<double>> SpreadAsync(List<SyncedNode> nodes, int number)
    {
        SyncedNode maker = nodes[number % nodes.Count];
        TransactionSigner signer = new(Parameters);
        List<Transaction> content = [];
        for (int i = 0; i < 8; i++)
        {
            byte[] payload = new byte[Transaction.MaxPayloadBytes - 1024];
            new SeededRandomSource((ulong)number, $"payload {i}").Fill(payload);
            content.Add(signer.Sign(Miner, TransactionKind.SubmitJob, (ulong)((number * 8) + i), payload));
        }

        Block block = maker.Chain.Propose(Miner.Address, content, maker.Chain.Head.Header.TimestampMs + 1_000)
            .Complete(new WorkCertificate(new byte[] { 1 }, new byte[] { 2 }), Miner);
        ValidationResult imported = maker.Chain.Import(block);
        if (!imported.IsValid || block.Transactions.Count != content.Count)
        {
            throw new InvalidOperationException($"{imported}, {block.Transactions.Count} transactions");
        }

        long start = Stopwatch.GetTimestamp();
        maker.Publish(block);
        return await Task.WhenAll(nodes.Where(node => node != maker).Select(async node =>
        {
            await node.ReachAsync(block.Id);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }));
    }

    private static BlockChain Open() => new(new BlockChainOptions
    {
        Store = new InMemoryKeyValueStore(),
        Parameters = Parameters,
        WorkVerifier = new EasyWork(),
        Difficulty = new EvenDifficulty(),
        Modules = [new Blobs()],
    });

    private sealed class EasyWork : IWorkVerifier
    {
        public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
        {
            ticket = header.ParentHash;
            return ValidationResult.Ok;
        }

        public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket) =>
            VerifyPublicData(header, certificate.PublicData, out ticket);
    }

    private sealed class EvenDifficulty : IDifficultyRule
    {
        public uint GenesisBits => 4;

        public uint NextBits(BlockHeader genesis, BlockHeader parent) => GenesisBits;

        public BigInteger Work(uint bits) => BigInteger.One;
    }

    /// <summary>Takes long payloads and does nothing with them.</summary>
    private sealed class Blobs : ILedgerModule
    {
        public string Name => "blobs";

        public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.SubmitJob];

        public void Genesis(IStateWriter state)
        {
        }

        public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => ValidationResult.Ok;

        public void BeginBlock(BlockContext block, IStateWriter state)
        {
        }

        public ValidationResult Execute(TransactionContext transaction, IStateWriter state) => ValidationResult.Ok;

        public void EndBlock(BlockContext block, IStateWriter state)
        {
        }
    }
}
