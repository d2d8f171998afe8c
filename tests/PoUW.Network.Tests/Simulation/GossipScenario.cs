using System.Buffers.Binary;
using PoUW.Core.Validation;

namespace PoUW.Network.Tests.Simulation;

/// <summary>Messages of 1 KiB from nodes at random to all others.</summary>
internal sealed class GossipScenario(int nodes, int seed, SimulatedBlocks blocks, int messages) : SimulationScenario("gossip", nodes, seed, blocks)
{
    private const string Topic = "gate/1";
    private const int MessageBytes = 1024;
    private const double MostP99Milliseconds = 350;
    private const double MostDuplicates = 8;
    private const double IntervalSeconds = 0.1;

    private readonly List<double> _milliseconds = [];

    protected override async Task PlayAsync()
    {
        foreach (SimulatedNode node in Network.Nodes)
        {
            node.Node.Subscribe(Topic, (_, message) =>
            {
                _milliseconds.Add((Network.World.Time.Now.Ticks - BinaryPrimitives.ReadInt64LittleEndian(message.Span)) / (double)TimeSpan.TicksPerMillisecond);
                return ValueTask.FromResult(GossipVerdict.Accept);
            });
        }

        // Meshes form by heartbeats of a second.
        await Network.Delay(5);
        long before = Duplicates();
        for (int i = 0; i < messages; i++)
        {
            byte[] message = new byte[MessageBytes];
            BinaryPrimitives.WriteInt64LittleEndian(message, Network.World.Time.Now.Ticks);
            BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(8), i);
            await Network.Nodes[Network.Next(Count)].Node.PublishAsync(Topic, message);
            await Network.Delay(IntervalSeconds);
        }

        await Network.Delay(5);
        double copies = (double)messages * (Count - 1);
        _milliseconds.Sort();
        AtLeast("delivered, %", 100 * _milliseconds.Count / copies, 100);
        AtMost("delivered twice", Math.Max(0, _milliseconds.Count - copies), 0);
        Tell("p50, ms", At(0.5));
        Tell("p90, ms", At(0.9));
        AtMost("p99, ms", At(0.99), MostP99Milliseconds);
        Tell("longest, ms", At(1));
        AtMost("duplicates a message and node", (Duplicates() - before) / copies, MostDuplicates);
        Tell("connections a node", Network.Nodes.Average(static node => node.Node.Peers.Count));
    }

    private long Duplicates() => Network.Nodes.Sum(static node => node.Node.Statistics.GossipDuplicates);

    private double At(double part) => _milliseconds.Count == 0 ? double.NaN : _milliseconds[Math.Max(0, (int)Math.Ceiling(part * _milliseconds.Count) - 1)];
}
