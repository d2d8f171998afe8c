using System.Diagnostics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Benchmarks.Ledger;

/// <summary>Imports encoded blocks into a fresh chain in a SQLite file in the temporary folder, and says what every block cost.</summary>
internal static class PipelineRun
{
    internal static List<BlockCost> Import(TransferWorkload workload, IReadOnlyList<byte[]> blocks, ISignatureScheme scheme)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pouw-ledger");
        try
        {
            using SqliteKeyValueStore store = new(Path.Combine(folder.FullName, "chain.db"));
            return Import(workload, blocks, scheme, store);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    internal static List<BlockCost> Import(TransferWorkload workload, IReadOnlyList<byte[]> blocks, ISignatureScheme scheme, IKeyValueStore store)
    {
        MeteredStore metered = new(store);
        BlockChain chain = workload.Open(metered, scheme);
        List<BlockCost> costs = [];
        foreach (byte[] encoded in blocks)
        {
            costs.Add(Import(chain, metered, encoded, workload.Parameters.MaxBlockBytes));
        }

        return costs;
    }

    private static BlockCost Import(BlockChain chain, MeteredStore store, byte[] encoded, int maxBlockBytes)
    {
        (TimeSpan reading, TimeSpan writing, long writes, long bytes) = (store.Reading, store.Writing, store.Writes, store.BytesWritten);
        long garbage = GC.GetTotalAllocatedBytes(precise: true);
        using Process process = Process.GetCurrentProcess();
        TimeSpan processCpu = process.TotalProcessorTime;
        double cpu = CpuStopwatch.ThreadCpuSeconds();
        long start = Stopwatch.GetTimestamp();
        TransferWorkload.Demand(Block.TryDecode(encoded, maxBlockBytes, out Block? block));
        double decode = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TransferWorkload.Demand(chain.Import(block!));
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double threadCpu = CpuStopwatch.ThreadCpuSeconds() - cpu;
        process.Refresh();
        return new BlockCost(
            wall,
            threadCpu,
            (process.TotalProcessorTime - processCpu).TotalSeconds,
            decode,
            (store.Reading - reading).TotalSeconds,
            (store.Writing - writing).TotalSeconds,
            store.Writes - writes,
            store.BytesWritten - bytes,
            GC.GetTotalAllocatedBytes(precise: true) - garbage);
    }
}
