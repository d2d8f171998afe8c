using System.Diagnostics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Ledger;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Benchmarks.Ledger;

/// <summary>Execution alone: the signatures are known, the blocks decoded, the store is in memory. From the parent's state to the writes of the new one.</summary>
internal sealed class ExecutionFigures(TransferWorkload workload, IReadOnlyList<byte[]> blocks, int warmBlocks)
{
    private const int Runs = 5;
    private const double Goal = 40_000;

    internal IEnumerable<RatioFigure> Measure(int transfers)
    {
        (double wall, double cpu, double allocated) = (double.MaxValue, double.MaxValue, double.MaxValue);
        for (int run = 0; run < Runs; run++)
        {
            (double runWall, double runCpu, double runAllocated) = Execute();
            (wall, cpu, allocated) = (Math.Min(wall, runWall), Math.Min(cpu, runCpu), Math.Min(allocated, runAllocated));
        }

        yield return new RatioFigure("ledger.execute", transfers / cpu, "tx/s", transfers / wall, "", null, Goal);
        yield return new RatioFigure("ledger.execute.garbage", allocated / transfers, "bytes a transfer", null, "", null, null, LowerIsBetter: true);
    }

    /// <summary>Mean seconds and bytes a block.</summary>
    private (double Wall, double Cpu, double Allocated) Execute()
    {
        InMemoryKeyValueStore store = new();
        ChainPosition parent = workload.Open(store, workload.NoSignatures).Head.Position;
        SignatureVerifier signatures = new(workload.NoSignatures);
        BlockExecutor executor = new(new WorldState(store, workload.Options(store, workload.NoSignatures).State), workload.Parameters, new LedgerModules([]), signatures, new StakeFinality(), new RejectingLeaseView());
        WriteBatch batch = new();
        (double wall, double cpu, double allocated) = (0, 0, 0);
        for (int i = 0; i < blocks.Count; i++)
        {
            TransferWorkload.Demand(Block.TryDecode(blocks[i], workload.Parameters.MaxBlockBytes, out Block? block));
            foreach (Transaction transaction in block!.Transactions)
            {
                TransferWorkload.Demand(signatures.Verify(transaction, out _));
            }

            batch.Clear();
            long garbage = GC.GetTotalAllocatedBytes(precise: true);
            double cpuStart = CpuStopwatch.ThreadCpuSeconds();
            long start = Stopwatch.GetTimestamp();
            TransferWorkload.Demand(executor.Execute(parent, block, batch, out ExecutionOutcome? outcome));
            if (i >= warmBlocks)
            {
                wall += Stopwatch.GetElapsedTime(start).TotalSeconds;
                cpu += CpuStopwatch.ThreadCpuSeconds() - cpuStart;
                allocated += GC.GetTotalAllocatedBytes(precise: true) - garbage;
            }

            store.Apply(batch);
            ChainPosition known = workload.Maker.GetPosition(block.Id)!;
            parent = known with { State = outcome!.State };
        }

        int counted = blocks.Count - warmBlocks;
        return (wall / counted, cpu / counted, allocated / counted);
    }
}
