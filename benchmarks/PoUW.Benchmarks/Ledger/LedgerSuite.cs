using PoUW.Core.Cryptography;

namespace PoUW.Benchmarks.Ledger;

/// <summary>
/// What the ledger costs on a real chain: import of blocks of transfers into a durable store, execution alone, replay from disk, and how the
/// cost grows with the block.
/// </summary>
public sealed class LedgerSuite : IRatioSuite
{
    private const int Transfers = 1_000;
    private const int LargeTransfers = 8_000;
    private const int WarmBlocks = 6;
    private const int Blocks = 20;
    private const int LargeBlocks = 4;
    private const double GoalNative = 15_000;
    private const double GoalInBox = 1_200;
    private const double GoalGrowth = 10.4;

    /// <inheritdoc/>
    public string Name => "ledger";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        TransferWorkload workload = new();
        List<byte[]> blocks = workload.Make(WarmBlocks + Blocks, Transfers);
        PipelineFigures pipeline = new(workload, blocks, WarmBlocks);
        _ = NativeSecp256k1Scheme.TryCreate(out NativeSecp256k1Scheme? native);
        BlockCost accepted = pipeline.Best(workload.NoSignatures);
        foreach (RatioFigure figure in PipelineFigures.Rates("unsigned", accepted, Transfers, null))
        {
            yield return figure;
        }

        foreach (RatioFigure figure in PipelineFigures.Rates("inbox", pipeline.Best(new Secp256k1Scheme(), runs: 1), Transfers, GoalInBox))
        {
            yield return figure;
        }

        foreach (RatioFigure figure in PipelineFigures.Rates("native", native is null ? null : pipeline.Best(native), Transfers, GoalNative))
        {
            yield return figure;
        }

        foreach (RatioFigure figure in new ExecutionFigures(workload, blocks, WarmBlocks).Measure(Transfers))
        {
            yield return figure;
        }

        List<byte[]> large = workload.Make(LargeBlocks, LargeTransfers);
        PipelineFigures largePipeline = new(workload, [.. blocks, .. large], blocks.Count);
        BlockCost big = largePipeline.Best(workload.NoSignatures, runs: 2);
        yield return new RatioFigure(
            "ledger.growth", big.Wall / accepted.Wall, "times the time of a block for 8 times the transfers", null, "", null, GoalGrowth, LowerIsBetter: true);
    }
}
