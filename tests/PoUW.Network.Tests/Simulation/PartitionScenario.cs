using PoUW.Core.Primitives;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Simulation;

/// <summary>Two halves that do not reach each other for a while and make blocks, one more than the other; then all must come to one head.</summary>
internal sealed class PartitionScenario(int nodes, int seed, SimulatedBlocks blocks, double partedSeconds) : SimulationScenario("partition", nodes, seed, blocks)
{
    private const double MostSecondsToOneHead = 30;
    private const double BlockSeconds = 2;
    private const double LookSeconds = 0.1;

    protected override async Task PlayAsync()
    {
        Network.Nodes[0].Produce();
        await Network.Delay(5);
        AtMost("heads before", Heads(), 1);
        string[] left = [.. Network.Nodes.Take(Count / 2).Select(static node => node.Name)];
        string[] right = [.. Network.Nodes.Skip(Count / 2).Select(static node => node.Name)];
        Network.Model.Partition(left, right);
        for (double time = 0; time < partedSeconds; time += BlockSeconds)
        {
            Network.Nodes[Network.Next(Count / 2)].Produce();
            if (time > 0)
            {
                Network.Nodes[(Count / 2) + Network.Next(Count - (Count / 2))].Produce();
            }

            await Network.Delay(BlockSeconds);
        }

        AtLeast("heads while parted", Heads(), 2);
        Tell("height of the longer branch", Network.Nodes.Max(static node => node.Chain.Head.Height));
        Tell("connections between the halves at the end", Across());
        Network.Model.Heal();
        double healed = Network.World.Time.Now.TotalSeconds;
        while (Heads() > 1 && Network.World.Time.Now.TotalSeconds - healed < 10 * MostSecondsToOneHead)
        {
            await Network.Delay(LookSeconds);
        }

        AtMost("heads afterwards", Heads(), 1);
        AtMost("until one head, s", Network.World.Time.Now.TotalSeconds - healed, MostSecondsToOneHead);
        Tell("connections between the halves afterwards", Across());
    }

    private int Heads()
    {
        SortedSet<Hash256> heads = [.. Network.Nodes.Select(static node => node.Chain.Head.Id)];
        return heads.Count;
    }

    private int Across()
    {
        HashSet<PeerId> right = [.. Network.Nodes.Skip(Count / 2).Select(static node => node.Node.Id)];
        return Network.Nodes.Take(Count / 2).Sum(node => node.Node.Peers.Count(peer => right.Contains(peer.Id)));
    }
}
