using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Support;

/// <summary>A production node with what the test needs to watch it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    public TestNode(TestNetwork network, Multiaddr listen, byte number, NetworkOptions? options, IPeerAuthorizer? authorizer, Hash256? genesis)
    {
        Listen = listen;
        Node = new NetworkNode(
            network.Transport, genesis ?? TestNetwork.Genesis, options ?? new NetworkOptions(), network.Time, Spawner,
            new SeededRandomSource(number, "node"), authorizer ?? new OpenPeerAuthorizer(), Observer, TestKeys.Of(number));
        Node.PeerConnected += peer => Connected.Add(peer.Id);
        Node.PeerDisconnected += (peer, reason) => Disconnected.Add((peer.Id, reason));
    }

    public NetworkNode Node { get; }

    public Multiaddr Listen { get; set; }

    public TrackingSpawner Spawner { get; } = new();

    public RecordingObserver Observer { get; } = new();

    public Collector<PeerId> Connected { get; } = new();

    public Collector<(PeerId Peer, CloseReason Reason)> Disconnected { get; } = new();

    public Collector<(PeerId From, byte[] Bytes)> Received { get; } = new();

    public void Collect(string topic, GossipVerdict verdict = GossipVerdict.Accept) => Node.Subscribe(topic, (peer, bytes) =>
    {
        Received.Add((peer, bytes.ToArray()));
        return ValueTask.FromResult(verdict);
    });

    public async Task ConnectAsync(TestNode other)
    {
        ConnectResult result = await Node.ConnectAsync(other.Listen).InTime();
        Assert.That(result.Reason, Is.EqualTo(CloseReason.None));
        Assert.That(result.Peer, Is.EqualTo(other.Node.Id));
        await other.Connected.WaitForAsync(id => id == Node.Id);
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
