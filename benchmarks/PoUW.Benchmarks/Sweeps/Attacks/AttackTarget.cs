using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>The node that is attacked, in a process of its own: forwards what is valid, answers requests, and tells its state when a line asks.</summary>
internal sealed class AttackTarget : INetworkObserver
{
    /// <summary>The word on the command line that makes a process one of these; not for people.</summary>
    internal const string Verb = "--attack-target";

    private readonly ConcurrentDictionary<PeerId, byte> _banned = new();
    private readonly NetworkNode _node;
    private long _firstInvalid;
    private long _firstGraylisted;
    private long _firstBanned;
    private int _judged;

    private AttackTarget(bool bans)
    {
        _node = AttackNode.Create(observer: this, change: options =>
            bans ? options : options with { Host = options.Host with { FaultsBeforeBan = int.MaxValue } });
        _node.Subscribe(AttackNode.Topic, OnMessageAsync);
        _node.Serve(AttackNode.Echo, static (_, request, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(request));
    }

    /// <summary>Runs the node until the input ends or says so.</summary>
    /// <param name="bans">False for a node that bans nobody: scores alone guard it.</param>
    internal static async Task<int> RunAsync(bool bans)
    {
        AttackTarget target = new(bans);
        await using NetworkNode node = target._node;
        Multiaddr address = await node.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        Console.WriteLine($"READY {address.WithPeer(node.Id)}");
        using Timer look = new(static state => ((AttackTarget)state!).LookForGraylisted(), target, 10, 10);
        while (await Console.In.ReadLineAsync() is { } line && line != "QUIT")
        {
            Console.WriteLine($"STATE {JsonSerializer.Serialize(target.Read())}");
        }

        return 0;
    }

    /// <inheritdoc/>
    public void Observe(NetworkEvent observation)
    {
        if (observation.Kind == NetworkEventKind.PeerBanned)
        {
            _banned.TryAdd(observation.Peer!.Value, 0);
            Interlocked.CompareExchange(ref _firstBanned, Stopwatch.GetTimestamp(), 0);
        }
    }

    private ValueTask<GossipVerdict> OnMessageAsync(PeerId peer, ReadOnlyMemory<byte> message)
    {
        if (message.Span[0] != AttackNode.Invalid)
        {
            return ValueTask.FromResult(GossipVerdict.Accept);
        }

        Interlocked.Increment(ref _judged);
        Interlocked.CompareExchange(ref _firstInvalid, Stopwatch.GetTimestamp(), 0);
        return ValueTask.FromResult(GossipVerdict.Reject);
    }

    private void LookForGraylisted()
    {
        if (Volatile.Read(ref _firstGraylisted) == 0 && _node.Gossip.Snapshot().Peers.Any(static peer => peer.IsGraylisted))
        {
            Interlocked.CompareExchange(ref _firstGraylisted, Stopwatch.GetTimestamp(), 0);
        }
    }

    private TargetState Read()
    {
        using Process process = Process.GetCurrentProcess();
        GossipStatistics gossip = _node.Gossip.Statistics;
        NetworkGuards guards = _node.Host.Guards;
        return new TargetState
        {
            Now = Stopwatch.GetTimestamp(),
            FirstInvalid = Volatile.Read(ref _firstInvalid),
            FirstGraylisted = Volatile.Read(ref _firstGraylisted),
            FirstBanned = Volatile.Read(ref _firstBanned),
            Banned = _banned.Count,
            Judged = Volatile.Read(ref _judged),
            Rpcs = gossip.RpcsReceived + gossip.RpcsGraylisted + gossip.RpcsMalformed,
            RpcsGraylisted = gossip.RpcsGraylisted,
            Bytes = _node.Statistics.BytesReceived,
            Handshakes = guards.Handshakes.Count,
            Evicted = guards.Handshakes.Evicted,
            Held = guards.Resources.System.Connections + guards.Resources.System.Streams + guards.Resources.ScopeCount + guards.Handshakes.Count,
            CpuSeconds = process.TotalProcessorTime.TotalSeconds,
            Megabytes = process.WorkingSet64 / 1e6,
            PeakMegabytes = process.PeakWorkingSet64 / 1e6,
        };
    }
}
