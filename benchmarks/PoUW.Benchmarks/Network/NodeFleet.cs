using System.Globalization;

namespace PoUW.Benchmarks.Network;

/// <summary>Nodes in processes of their own, each connected with some others at random.</summary>
internal sealed class NodeFleet : IAsyncDisposable
{
    private const int MaxDegree = 6;

    private NodeFleet(IReadOnlyList<NodeProcess> nodes) => Nodes = nodes;

    internal IReadOnlyList<NodeProcess> Nodes { get; }

    /// <summary>Starts nodes and connects them: each with one before it, then random pairs up to a mean degree of five.</summary>
    internal static async Task<NodeFleet> StartAsync(int count, string role, int seed)
    {
        List<NodeProcess> nodes = [];
        for (int i = 0; i < count; i++)
        {
            nodes.Add(await NodeProcess.StartAsync(ChildNode.Verb, role));
        }

        NodeFleet fleet = new(nodes);
        await fleet.ConnectAsync(new Random(seed));
        return fleet;
    }

    /// <summary>CPU milliseconds that all nodes have used.</summary>
    internal async Task<double> CpuMillisecondsAsync()
    {
        string[][] answers = await Task.WhenAll(Nodes.Select(static node => node.AskAsync("CPU", "CPU")));
        return answers.Sum(static answer => double.Parse(answer[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(Nodes.Select(static node => node.DisposeAsync().AsTask()));

    private async Task ConnectAsync(Random random)
    {
        int[] degrees = new int[Nodes.Count];
        HashSet<(int, int)> links = [];
        for (int i = 1; i < Nodes.Count; i++)
        {
            await LinkAsync(i, random.Next(i));
        }

        while (links.Count < Nodes.Count * 5 / 2)
        {
            (int first, int second) = (random.Next(Nodes.Count), random.Next(Nodes.Count));
            (int from, int to) = (Math.Max(first, second), Math.Min(first, second));
            if (from != to && degrees[from] < MaxDegree && degrees[to] < MaxDegree && !links.Contains((from, to)))
            {
                await LinkAsync(from, to);
            }
        }

        async Task LinkAsync(int from, int to)
        {
            string[] answer = await Nodes[from].AskAsync($"DIAL {Nodes[to].Address}", "DIALED");
            if (answer[1] != "None")
            {
                throw new InvalidOperationException($"A node was not admitted: {answer[1]}.");
            }

            links.Add((from, to));
            degrees[from]++;
            degrees[to]++;
        }
    }
}
