using System.Globalization;
using PoUW.Benchmarks.Profiles;

namespace PoUW.Benchmarks.Network;

/// <summary>Messages of 1 KiB over 12 processes, from publishing to the handler of every other node.</summary>
internal static class GossipFigures
{
    internal const int Nodes = 12;

    private const int Messages = 25;
    private const int WarmMessages = 15;
    private const int IntervalMilliseconds = 200;
    private const double GoalMilliseconds = 100;

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        await using NodeFleet fleet = await NodeFleet.StartAsync(Nodes, "gossip", seed: 1);

        // Meshes form by heartbeats of a second.
        await Task.Delay(TimeSpan.FromSeconds(3));
        await PublishAsync(fleet, WarmMessages);
        double cpu = await fleet.CpuMillisecondsAsync();
        MachineLoad load = MachineLoad.Watch(null);
        List<double> latencies = await PublishAsync(fleet, Messages);
        double? others = load.Others();
        cpu = await fleet.CpuMillisecondsAsync() - cpu;
        double[] sorted = [.. latencies.Order()];
        int expected = Nodes * (Nodes - 1) * Messages;
        return
        [
            Time("network.gossip.p50", sorted, 0.5, null, others),
            Time("network.gossip.p99", sorted, 0.99, GoalMilliseconds, others),
            new RatioFigure("network.gossip.cpu", cpu / (Nodes * Messages), "CPU-ms of all nodes a message", null, "", null, null, LowerIsBetter: true),
            new RatioFigure("network.gossip.delivered", 100.0 * sorted.Length / expected, "% of all messages at all nodes", null, "", null, 100),
        ];
    }

    internal static RatioFigure Time(string name, double[] sortedMicroseconds, double part, double? goal, double? others)
    {
        double value = Quantile.At(sortedMicroseconds, part) / 1000;
        return new RatioFigure(name, value, "ms", value, "", null, goal, LowerIsBetter: true) { OtherProcessors = others };
    }

    private static async Task<List<double>> PublishAsync(NodeFleet fleet, int messages)
    {
        await Task.WhenAll(fleet.Nodes.Select((node, i) => node.AskAsync($"GOSSIP {messages} {IntervalMilliseconds} {i}", "DONE")));
        await Task.Delay(TimeSpan.FromSeconds(3));
        List<double> latencies = [];
        foreach (NodeProcess node in fleet.Nodes)
        {
            string[] words = await node.AskAsync("REPORT", "LATENCIES");
            latencies.AddRange(words.Skip(1).Select(static word => double.Parse(word, CultureInfo.InvariantCulture)));
        }

        return latencies;
    }
}
