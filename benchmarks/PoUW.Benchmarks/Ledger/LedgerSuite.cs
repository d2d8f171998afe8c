using PoUW.Core.Cryptography;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// What the ledger costs on a real chain: import of blocks of transfers into a durable store, execution alone, replay from disk, and how the
/// cost grows with the block; then the state and the stores by themselves.
/// </summary>
public sealed class LedgerSuite : IRatioSuite
{
    private const int Transfers = 1_000;
    private const int LargeTransfers = 8_000;
    private const int WarmBlocks = 16;
    private const int Blocks = 20;
    private const int LargeBlocks = 4;
    private const int InBoxBlocks = 4;
    private const double GoalNative = 15_000;
    private const double GoalInBox = 1_200;
    private const double GoalGrowth = 10.4;

    /// <inheritdoc/>
    public string Name => "ledger";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        return Chain().Concat(StateFigures.Run()).Concat(StoreFigures.Run());
    }

    private static IEnumerable<RatioFigure> Chain()
    {
        TransferWorkload workload = new();
        List<byte[]> blocks = workload.Make(WarmBlocks + Blocks, Transfers);
        _ = NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? native);
        return Execution(workload, blocks).Concat(Native(workload, blocks, native)).Concat(InBox(workload, blocks[..(WarmBlocks + InBoxBlocks)]));
    }

    private static IEnumerable<RatioFigure> Execution(TransferWorkload workload, IReadOnlyList<byte[]> blocks) =>
        new ExecutionFigures(workload, blocks, WarmBlocks).Measure(Transfers);

    /// <summary>With the platform's signatures. Most of their garbage is the platform's: a key object and big numbers for every verification.</summary>
    private static IEnumerable<RatioFigure> InBox(TransferWorkload workload, IReadOnlyList<byte[]> blocks)
    {
        Secp256k1Scheme scheme = new();
        (BlockCost cost, double? others) = new PipelineFigures(workload, blocks, WarmBlocks).Best(scheme, runs: 1);
        foreach (RatioFigure figure in PipelineFigures.Rates("inbox", cost, Transfers, GoalInBox, others, boundsGarbage: false))
        {
            yield return figure;
        }

        yield return new ReplayFigures(workload, blocks, WarmBlocks).Measure("inbox", scheme, cost, Transfers);
    }

    /// <summary>With native signatures, the fastest way through, where growth and the share of the other parts show most.</summary>
    private static IEnumerable<RatioFigure> Native(TransferWorkload workload, List<byte[]> blocks, NativeSecp256k1Scheme? native)
    {
        ISignatureScheme scheme = native ?? workload.NoSignatures;
        string name = native is null ? "unsigned" : "native";
        (BlockCost cost, double? others) = new PipelineFigures(workload, blocks, WarmBlocks).Best(scheme);
        foreach (RatioFigure figure in PipelineFigures.Rates(name, cost, Transfers, native is null ? null : GoalNative, others, boundsGarbage: true))
        {
            yield return figure;
        }

        yield return new ReplayFigures(workload, blocks, WarmBlocks).Measure(name, scheme, cost, Transfers);
        List<byte[]> large = workload.Make(LargeBlocks, LargeTransfers);
        (BlockCost eightfold, _) = new PipelineFigures(workload, [.. blocks, .. large], blocks.Count).Best(scheme);
        yield return new RatioFigure(
            "ledger.growth", eightfold.Wall / cost.Wall, "times the time of a block for 8 times the transfers", null, "", null, GoalGrowth, LowerIsBetter: true);
        if (native is null)
        {
            yield return new RatioFigure("ledger.import.native", null, "tx/s", null, "", null, GoalNative);
        }
    }
}
