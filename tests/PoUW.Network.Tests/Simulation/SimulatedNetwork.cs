using System.Net;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Tests.Sync;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Simulation;

/// <summary>Whole nodes in five regions, in virtual time on one thread. Everything follows from the seed.</summary>
internal sealed class SimulatedNetwork
{
    /// <summary>Connections that each node keeps by dialing, so twice as many in the mean.</summary>
    private const int Dialed = 6;

    private readonly List<SimulatedNode> _nodes = [];
    private readonly List<(string Name, int Region)> _hosts = [];
    private readonly Random _random;

    public SimulatedNetwork(int seed, SimulatedBlocks blocks)
    {
        (Seed, Blocks) = (seed, blocks);
        _random = new Random(seed);
        World = new SimulationWorld(seed, SyncChains.Start);
        Model = new NetworkModel(new NetworkModelOptions(), World.Time, World.Random);
    }

    /// <summary>The usual limits, in the clear: TLS is not the same twice.</summary>
    public static NetworkOptions Options { get; } = new() { Security = NetworkSecurity.PlaintextForSimulation };

    public int Seed { get; }

    public SimulatedBlocks Blocks { get; }

    public SimulationWorld World { get; }

    public NetworkModel Model { get; }

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>A number below a bound, from the seed.</summary>
    public int Next(int below) => _random.Next(below);

    public Task Delay(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), World.Time);

    /// <summary>Starts so many nodes, each in a /16 network of its own, that know some others; ends when they had time to find them.</summary>
    public async Task StartAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await Add(Bootstrap(count, i)).ListenAsync();
        }

        foreach (SimulatedNode node in _nodes)
        {
            node.Discover();
        }

        await Delay(5);
    }

    /// <summary>One more node, which neither listens nor looks for peers yet.</summary>
    public SimulatedNode Add(IReadOnlyList<Multiaddr> bootstrap)
    {
        int number = _nodes.Count;
        SimulatedNode node = new(this, number, IpOf(number), bootstrap, Dialed);
        _nodes.Add(node);
        Place(node.Name, number % SimulationRegions.Count);
        return node;
    }

    /// <summary>Links a host of the model with all others as regions are.</summary>
    public void Place(string name, int region)
    {
        Model.SetUplink(name, SimulationRegions.UplinkBytesPerSecond);
        foreach ((string other, int place) in _hosts)
        {
            Model.SetLink(name, other, SimulationRegions.Link(region, place));
            Model.SetLink(other, name, SimulationRegions.Link(place, region));
        }

        _hosts.Add((name, region));
    }

    /// <summary>Runs a scenario and stops all nodes.</summary>
    public void Run(Func<Task> scenario) => World.Run(
        async () =>
        {
            await scenario();
            foreach (SimulatedNode node in _nodes)
            {
                await node.StopAsync();
            }
        },
        TimeSpan.FromHours(1));

    private static IPAddress IpOf(int number) => new([(byte)(20 + (number / 200)), (byte)(number % 200), 7, 1]);

    private IReadOnlyList<Multiaddr> Bootstrap(int count, int number)
    {
        SortedSet<int> others = [];
        while (others.Count < Math.Min(Dialed, count - 1))
        {
            int other = _random.Next(count);
            _ = other != number && others.Add(other);
        }

        return [.. others.Select(static other => SimulatedNode.AddressOf(IpOf(other)))];
    }
}
