using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Hosting;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>A peer that speaks raw RPCs: it says what the test wants, and keeps what it is told.</summary>
internal sealed class RawGossipPeer
{
    private readonly PeerId _victim;
    private PeerStream? _stream;

    private RawGossipPeer(Host host, PeerId victim) => (Host, _victim) = (host, victim);

    public Host Host { get; }

    public List<GossipRpc> Received { get; } = [];

    public List<PeerStream> Inbound { get; } = [];

    /// <summary>Connects to a node; with <paramref name="reads"/> false it never reads what it is sent.</summary>
    public static async Task<RawGossipPeer> ConnectAsync(GossipWorld world, int number, int victim, bool reads = true, HostOptions? options = null)
    {
        Host host = world.Hosts.Make(number, options);
        RawGossipPeer peer = new(host, HostWorld.IdOf(victim));
        host.Handle(GossipProtocols.MeshsubV12, (stream, cancellation) => peer.ReadAsync(stream, reads, cancellation));
        Assert.That((await host.DialAsync(HostWorld.AddressOf(victim))).IsConnected, Is.True);
        return peer;
    }

    public Task SubscribeAsync() => SendAsync(new GossipRpc { Subscriptions = [new GossipSubscription(GossipWorld.Topic, true)] });

    public Task SendAsync(GossipRpc rpc) => SendAsync(GossipRpcCodec.EncodeDelimited(rpc));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _stream ??= await OpenAsync();
        await _stream.WriteAsync(bytes, CancellationToken.None);
    }

    /// <returns>False if the other side has ended the stream or the connection.</returns>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (NetworkException)
        {
            _stream = null;
            return false;
        }
    }

    public ValueTask<PeerStream> OpenAsync() =>
        Host.OpenStreamAsync(_victim, [GossipProtocols.MeshsubV12], StreamPriority.Normal, CancellationToken.None);

    private async Task ReadAsync(PeerStream stream, bool reads, CancellationToken cancellation)
    {
        Inbound.Add(stream);
        using GossipFrameReader reader = new(stream, 4 * 1024 * 1024);
        if (!reads)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        while (await reader.ReadAsync(cancellation) is { } frame)
        {
            Assert.That(GossipRpcCodec.TryDecode(frame.Span, new GossipLimits(), out GossipRpc? rpc).IsValid, Is.True);
            Received.Add(rpc!);
        }
    }
}
