using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using PoUW.Benchmarks.Profiles;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Requests;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>
/// What honest peers of a node notice: how long it takes to be admitted, for a message to pass through the node to another peer, and for a request to be
/// answered. One peer stays and listens. One caller at a time.
/// </summary>
internal sealed class HonestTraffic : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Multiaddr _target;
    private readonly NetworkNode _listener = AttackNode.Create();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _awaited = new();
    private readonly List<double> _admissions = [];
    private readonly List<double> _deliveries = [];
    private readonly List<double> _answers = [];
    private int _number;
    private int _again;
    private int _lost;

    private HonestTraffic(Multiaddr target)
    {
        _target = target;
        _listener.Subscribe(AttackNode.Topic, (_, message) =>
        {
            if (message.Span[0] != AttackNode.Invalid && _awaited.TryRemove(BitConverter.ToInt32(message.Span[1..]), out TaskCompletionSource? arrived))
            {
                arrived.SetResult();
            }

            return ValueTask.FromResult(GossipVerdict.Accept);
        });
    }

    /// <summary>Admits the peer that listens.</summary>
    public static async Task<HonestTraffic> StartAsync(Multiaddr target)
    {
        HonestTraffic traffic = new(target);
        ConnectResult result = await traffic._listener.ConnectAsync(target);
        if (!result.IsConnected)
        {
            throw new InvalidOperationException($"The first peer was not admitted: {result.Reason}.");
        }

        // What comes before it is in the mesh would reach it a heartbeat late.
        await traffic._listener.Gossip.WaitForAsync(static state => state.Topics.Any(static topic => topic.Mesh.Count > 0)).WaitAsync(Limit);
        return traffic;
    }

    /// <summary>
    /// A new peer dials, publishes a message that the listener waits for, asks, and goes. A dial that fails is repeated at once, on the same watch: under an
    /// attack from a peer's own IP address its handshake may be displaced.
    /// </summary>
    public async Task DialAndTalkAsync()
    {
        await using NetworkNode peer = AttackNode.Create();
        peer.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
        long start = Stopwatch.GetTimestamp();
        while (!(await peer.ConnectAsync(_target)).IsConnected)
        {
            _again++;
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                _lost++;
                return;
            }
        }

        _admissions.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        await JoinAsync(peer);
        await TalkAsync(peer, 64);
    }

    /// <summary>A peer publishes a message and asks for as many bytes.</summary>
    public async Task TalkAsync(NetworkNode peer, int bytes)
    {
        // Unlike all others, or it would be taken for one that was seen.
        byte[] message = RandomNumberGenerator.GetBytes(bytes);
        message[0] = 0;
        BitConverter.TryWriteBytes(message.AsSpan(1), ++_number);
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[_number] = arrived;
        long start = Stopwatch.GetTimestamp();
        await peer.PublishAsync(AttackNode.Topic, message);
        if (await Task.WhenAny(arrived.Task, Task.Delay(Limit)) == arrived.Task)
        {
            _deliveries.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        else
        {
            _lost++;
        }

        start = Stopwatch.GetTimestamp();
        RequestResult answer = await peer.RequestAsync(_target.Peer!.Value, AttackNode.Echo, message, Limit);
        if (answer.Status == RequestStatus.Ok)
        {
            _answers.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        else
        {
            _lost++;
        }
    }

    /// <summary>A peer that stays connected.</summary>
    public async Task<NetworkNode> ConnectAsync()
    {
        NetworkNode peer = AttackNode.Create();
        peer.Subscribe(AttackNode.Topic, static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
        await peer.ConnectAsync(_target);
        await JoinAsync(peer);
        return peer;
    }

    /// <summary>Tells what was measured and begins anew.</summary>
    /// <param name="figures">Takes the figures.</param>
    /// <param name="when">The first word of their names.</param>
    /// <param name="worst">The longest of anything that is no violation, in milliseconds.</param>
    public void Report(AttackFigures figures, string when, double worst)
    {
        Tell("admission", _admissions);
        Tell("message to another peer", _deliveries);
        Tell("answer", _answers);
        figures.Tell($"{when}: dials repeated", _again);
        figures.AtMost($"{when}: never admitted, or message or answer lost", _lost, 0);
        (_again, _lost) = (0, 0);

        void Tell(string what, List<double> times)
        {
            double[] sorted = [.. times.Order()];
            times.Clear();
            if (sorted.Length > 0)
            {
                figures.Tell($"{when}: {what}, number", sorted.Length);
                figures.Tell($"{when}: {what}, p50 ms", Quantile.At(sorted, 0.5));
                figures.Tell($"{when}: {what}, p99 ms", Quantile.At(sorted, 0.99));
                figures.AtMost($"{when}: {what}, worst ms", sorted[^1], worst);
            }
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    // The target tells its topics after the admission.
    private static Task JoinAsync(NetworkNode peer) =>
        peer.Gossip.WaitForAsync(static state => state.Peers.Any(static other => other.Topics.Count > 0)).WaitAsync(Limit);
}
