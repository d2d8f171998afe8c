using System.Diagnostics;
using System.Globalization;

namespace PoUW.Benchmarks.Network;

/// <summary>
/// Blocks of a MiB over 12 processes: from the announcement by the node that made one to the moment that every other node has fetched, verified, executed
/// and stored it.
/// </summary>
internal static class BlockFigures
{
    private const int Blocks = 12;
    private const int WarmBlocks = 5;
    private const double GoalMilliseconds = 300;

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        await using NodeFleet fleet = await NodeFleet.StartAsync(GossipFigures.Nodes, "blocks", seed: 2);
        await Task.Delay(TimeSpan.FromSeconds(3));
        for (int i = 0; i < WarmBlocks; i++)
        {
            await SpreadAsync(fleet);
        }

        double cpu = await fleet.CpuMillisecondsAsync();
        MachineLoad load = MachineLoad.Watch(null);
        List<double> times = [];
        for (int i = 0; i < Blocks; i++)
        {
            times.AddRange(await SpreadAsync(fleet));
        }

        double? others = load.Others();
        cpu = await fleet.CpuMillisecondsAsync() - cpu;
        double[] sorted = [.. times.Order()];
        return
        [
            GossipFigures.Time("network.block.p50", sorted, 0.5, null, others),
            GossipFigures.Time("network.block.p99", sorted, 0.99, GoalMilliseconds, others),
            new RatioFigure("network.block.cpu", cpu / Blocks, "CPU-ms of all nodes a block", null, "", null, null, LowerIsBetter: true),
        ];
    }

    /// <returns>Microseconds to each of the other nodes.</returns>
    private static async Task<IEnumerable<double>> SpreadAsync(NodeFleet fleet)
    {
        string[] published = await fleet.Nodes[0].AskAsync("PRODUCE", "PUBLISHED");
        long start = long.Parse(published[2], CultureInfo.InvariantCulture);
        string[][] arrivals = await Task.WhenAll(fleet.Nodes.Skip(1).Select(static node => node.ExpectAsync("BLOCK")));
        if (arrivals.Any(arrival => arrival[1] != published[1]))
        {
            throw new InvalidOperationException("A node accepted another block than the one that was announced.");
        }

        return arrivals.Select(arrival => Stopwatch.GetElapsedTime(start, long.Parse(arrival[2], CultureInfo.InvariantCulture)).TotalMicroseconds);
    }
}
