using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Parameters;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Sync;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Sync;

/// <summary>A virtual world with an in-memory network, and a chain to cut from.</summary>
internal sealed class SyncScene
{
    private int _numbers;

    public SyncScene(NetworkParameters? parameters = null)
    {
        Parameters = parameters ?? SyncChains.Parameters;
        World = new SimulationWorld(start: SyncChains.Start);
        Source = SyncChains.Open(World.Time, parameters: Parameters);
    }

    public NetworkParameters Parameters { get; }

    public SimulationWorld World { get; }

    public InMemoryTransport Transport { get; } = new(new InMemoryNetwork());

    /// <summary>The chain that makes blocks.</summary>
    public BlockChain Source { get; }

    public SyncOptions Options { get; init; } = new() { PollInterval = TimeSpan.Zero };

    /// <summary>The limits of every node; one fault bans.</summary>
    public NetworkOptions Network { get; init; } = new() { Host = new HostOptions { FaultsBeforeBan = 1 } };

    /// <summary>Plays a scenario in a scene of its own.</summary>
    public static void Play(Func<SyncScene, Task> scenario, SyncOptions options, NetworkParameters? parameters = null)
    {
        SyncScene scene = new(parameters) { Options = options };
        scene.World.Run(() => scenario(scene));
    }

    /// <summary>A number that no other call gives.</summary>
    public int NextNumber() => _numbers++;

    public List<Block> Grow(int count) => SyncChains.Grow(Source, count);
}
