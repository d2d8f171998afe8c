using PoUW.Core.Cryptography;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// The whole import: decode, verify, execute, commit durably (SQLite, synchronous FULL). Blocks come from strangers: no signature is known.
/// All figures go by wall time over all blocks after the warm-up, the best of several runs on fresh files.
/// </summary>
internal sealed class PipelineFigures(TransferWorkload workload, IReadOnlyList<byte[]> blocks, int warmBlocks)
{
    private const int Runs = 3;
    private const double GoalGarbage = 2048;

    /// <summary>Mean cost of a block in the best of the runs, and how busy others kept the machine.</summary>
    internal (BlockCost Cost, double? OtherProcessors) Best(ISignatureScheme scheme, int runs = Runs)
    {
        MachineLoad load = MachineLoad.Watch(null);
        BlockCost best = default;
        for (int run = 0; run < runs; run++)
        {
            BlockCost mean = BlockCost.Mean(PipelineRun.Import(workload, blocks, scheme)[warmBlocks..]);
            best = run == 0 || mean.Wall < best.Wall ? mean : best;
        }

        return (best, load.Others());
    }

    internal static IEnumerable<RatioFigure> Rates(string name, BlockCost cost, int transfers, double? goal, double? others, bool boundsGarbage)
    {
        double Micros(double seconds) => seconds * 1e6 / transfers;
        yield return new RatioFigure($"ledger.import.{name}", transfers / cost.Wall, "tx/s", transfers / cost.Wall, "", null, goal) { OtherProcessors = others };
        yield return Part(name, "wall", Micros(cost.Wall));
        yield return Part(name, "threadCpu", Micros(cost.ThreadCpu));
        yield return Part(name, "processCpu", Micros(cost.ProcessCpu));
        yield return Part(name, "decode", Micros(cost.Decode));
        yield return Part(name, "storeReads", Micros(cost.Reading));
        yield return Part(name, "storeCommit", Micros(cost.Writing));
        yield return Part(name, "rest", Micros(cost.Wall - cost.Decode - cost.Reading - cost.Writing));
        yield return new RatioFigure($"ledger.import.{name}.pairs", cost.Writes / (double)transfers, "pairs a transfer", null, "", null, null, LowerIsBetter: true);
        yield return new RatioFigure($"ledger.import.{name}.bytes", cost.WrittenBytes / (double)transfers, "bytes written a transfer", null, "", null, null, LowerIsBetter: true);
        yield return new RatioFigure(
            $"ledger.import.{name}.garbage", cost.Allocated / (double)transfers, "bytes a transfer", null, "", null, boundsGarbage ? GoalGarbage : null, LowerIsBetter: true);
    }

    private static RatioFigure Part(string name, string part, double micros) =>
        new($"ledger.import.{name}.{part}", micros, "us a transfer", null, "", null, null, LowerIsBetter: true);
}
