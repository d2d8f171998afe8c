namespace PoUW.Benchmarks;

/// <summary>What all blocks of one side of a comparison took. CPU and wall time are ranked on their own.</summary>
/// <param name="Best">Least time of a block.</param>
/// <param name="Median">Median over the blocks, which shows how far the best is from the usual.</param>
public sealed record SideTiming(BlockTime Best, BlockTime Median)
{
    /// <summary>Ranks the blocks.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static SideTiming Of(IReadOnlyCollection<BlockTime> blocks)
    {
        if (blocks.Count == 0)
        {
            throw new ArgumentException("No block was measured.", nameof(blocks));
        }

        double[] cpu = [.. blocks.Select(b => b.CpuSeconds).Order()];
        double[] wall = [.. blocks.Select(b => b.WallSeconds).Order()];
        return new SideTiming(new BlockTime(cpu[0], wall[0]), new BlockTime(cpu[cpu.Length / 2], wall[wall.Length / 2]));
    }
}
