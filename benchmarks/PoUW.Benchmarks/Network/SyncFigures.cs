using System.Diagnostics;
using PoUW.Benchmarks.Ledger;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Benchmarks.Network;

/// <summary>
/// Catching up with one peer over TCP and TLS on loopback beside the import of the same encoded blocks without a network: full blocks of transfers
/// with real signatures. Both ends of the sync share the machine.
/// </summary>
internal static class SyncFigures
{
    private const int Blocks = 48;
    private const int Transfers = 700;
    private const int Runs = 3;
    private const double GoalOverImport = 0.7;

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        TransferWorkload workload = new();
        List<byte[]> blocks = workload.Make(Blocks, Transfers);
        ISignatureScheme scheme = SignatureSchemes.CreateSecp256k1();
        double import = double.MaxValue;
        double sync = double.MaxValue;
        for (int run = 0; run < Runs; run++)
        {
            import = Math.Min(import, Import(workload, blocks, scheme));
            sync = Math.Min(sync, await SyncAsync(workload, scheme));
        }

        double work = Blocks * Transfers;
        return [new RatioFigure("network.sync", work / sync, "tx/s", work / sync, "import", work / import, GoalOverImport, GoalOnRatio: true)];
    }

    private static double Import(TransferWorkload workload, List<byte[]> blocks, ISignatureScheme scheme)
    {
        BlockChain chain = workload.Open(new InMemoryKeyValueStore(), scheme);
        long start = Stopwatch.GetTimestamp();
        foreach (byte[] encoded in blocks)
        {
            TransferWorkload.Demand(Block.TryDecode(encoded, workload.Parameters.MaxBlockBytes, out Block? block));
            TransferWorkload.Demand(chain.Import(block!));
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> SyncAsync(TransferWorkload workload, ISignatureScheme scheme)
    {
        await using SyncedNode server = await SyncedNode.StartAsync(workload.Maker);
        await using SyncedNode fresh = await SyncedNode.StartAsync(workload.Open(new InMemoryKeyValueStore(), scheme));
        Hash256 head = workload.Maker.Head.Id;
        long start = Stopwatch.GetTimestamp();
        await fresh.ConnectAsync(server);
        await fresh.ReachAsync(head);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
