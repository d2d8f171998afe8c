using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Interop;

/// <summary>A node of this package as it runs outside of tests: TCP on loopback, TLS, yamux, the system's clock and threads.</summary>
internal sealed class OwnNode : IAsyncDisposable
{
    public const string BulkProtocol = "/pouw/interop/bulk/1.0.0";
    public const string EchoProtocol = "/pouw/interop/echo/1.0.0";

    private readonly IdentityKey _identity = IdentityKey.Generate(new CryptographicRandomSource());
    private readonly TlsSecurity _tls;

    private OwnNode(HostOptions? options)
    {
        ThreadPoolSpawner spawner = new();
        _tls = new TlsSecurity(_identity, IdentityVerifier.Create(), TimeProvider.System);
        Host = new Host(new HostSetup
        {
            Identity = _identity,
            SignsPeerRecord = true,
            Transports = [new HostTransport(new TcpTransport(), [_tls])],
            Muxers = [new YamuxMuxerFactory(new YamuxOptions(), TimeProvider.System, spawner)],
            Options = options ?? new HostOptions { Agent = "pouw/interop" },
            Time = TimeProvider.System,
            Spawner = spawner,
            Random = new CryptographicRandomSource(),
        });
        Host.PeerConnected += Connected.Add;
        Host.PeerUpdated += Updated.Add;
        Host.PeerDisconnected += Disconnected.Add;
    }

    public Host Host { get; }

    public GossipSub? Gossip { get; private set; }

    public Collector<PeerConnection> Connected { get; } = new();

    public Collector<PeerConnection> Updated { get; } = new();

    public Collector<PeerConnection> Disconnected { get; } = new();

    /// <summary>Texts of the gossip that reached the application.</summary>
    public Collector<string> Received { get; } = new();

    public string IdText => Host.Id.ToString();

    /// <summary>Where it listens, with its id at the end.</summary>
    public Multiaddr Address => Host.ListenAddresses[0].WithPeer(Host.Id);

    public static async Task<OwnNode> StartAsync(HostOptions? options = null)
    {
        OwnNode node = new(options);
        node.Host.Handle(BulkProtocol, ServeBulkAsync);
        node.Host.Handle(EchoProtocol, EchoAsync);
        await node.Host.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0")).InTime();
        return node;
    }

    /// <summary>Begins gossip and joins a topic.</summary>
    public void Join(string topic, GossipSignaturePolicy policy)
    {
        GossipOptions options = new() { SignaturePolicy = policy };
        Gossip = new GossipSub(Host, options, TimeProvider.System, new CryptographicRandomSource(), new ThreadPoolSpawner(), null, _identity);
        Gossip.Subscribe(topic, new GossipTopicOptions(), (_, message) =>
        {
            Received.Add(System.Text.Encoding.UTF8.GetString(message.Span).TrimEnd());
            return new ValueTask<Core.Validation.GossipVerdict>(Core.Validation.GossipVerdict.Accept);
        });
        Gossip.Start();
    }

    public async Task<PeerStream> OpenAsync(PeerId peer, string protocol) =>
        await Host.OpenStreamAsync(peer, [protocol], StreamPriority.Bulk, default).InTime();

    /// <summary>Sends a pattern to a peer that serves.</summary>
    public async Task<(long Count, string Hash)> SendBulkAsync(PeerId peer, long length)
    {
        await using PeerStream stream = await OpenAsync(peer, BulkProtocol);
        await stream.WriteAsync(BulkRequest(0, length), default);
        await SendPatternAsync(stream, length);
        byte[] answer = new byte[40];
        Assert.That(await FillAsync(stream, answer), Is.EqualTo(answer.Length));
        return (BinaryPrimitives.ReadInt64BigEndian(answer), Convert.ToHexStringLower(answer.AsSpan(8)));
    }

    /// <summary>Has a peer that serves send its pattern.</summary>
    public async Task<(long Count, string Hash)> ReceiveBulkAsync(PeerId peer, long length)
    {
        await using PeerStream stream = await OpenAsync(peer, BulkProtocol);
        await stream.WriteAsync(BulkRequest(1, length), default);
        await stream.CloseWritingAsync();
        (long count, byte[] hash) = await HashAsync(stream);
        return (count, Convert.ToHexStringLower(hash));
    }

    public async ValueTask DisposeAsync()
    {
        if (Gossip is not null)
        {
            await Gossip.DisposeAsync();
        }

        await Host.DisposeAsync();
        _tls.Dispose();
        _identity.Dispose();
    }

    /// <summary>Reads until a buffer is full or the stream ends.</summary>
    /// <returns>The bytes read.</returns>
    public static async Task<int> FillAsync(IDuplexStream stream, Memory<byte> buffer)
    {
        int filled = 0;
        while (filled < buffer.Length && await stream.ReadAsync(buffer[filled..], default).InTime() is > 0 and int count)
        {
            filled += count;
        }

        return filled;
    }

    private static byte[] BulkRequest(byte wanted, long length)
    {
        byte[] request = new byte[9];
        request[0] = wanted;
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(1), length);
        return request;
    }

    private static async Task ServeBulkAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] request = new byte[9];
        Assert.That(await FillAsync(stream, request), Is.EqualTo(request.Length));
        if (request[0] == 1)
        {
            await SendPatternAsync(stream, BinaryPrimitives.ReadInt64BigEndian(request.AsSpan(1)));
            await stream.CloseAsync();
            return;
        }

        (long count, byte[] hash) = await HashAsync(stream);
        byte[] answer = new byte[40];
        BinaryPrimitives.WriteInt64BigEndian(answer, count);
        hash.CopyTo(answer, 8);
        await stream.WriteAsync(answer, cancellation);
        await stream.CloseAsync();
    }

    private static async Task EchoAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and int count)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellation);
        }

        await stream.CloseAsync();
    }

    private static async Task SendPatternAsync(PeerStream stream, long length)
    {
        byte[] block = BulkPattern.Block(0);
        for (long sent = 0; sent < length; sent += block.Length)
        {
            BinaryPrimitives.WriteInt64BigEndian(block, sent / block.Length);
            await stream.WriteAsync(block.AsMemory(0, (int)Math.Min(block.Length, length - sent)), default);
        }

        await stream.CloseWritingAsync();
    }

    private static async Task<(long Count, byte[] Hash)> HashAsync(PeerStream stream)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[256 * 1024];
        long total = 0;
        while (await stream.ReadAsync(buffer, default) is > 0 and int count)
        {
            hash.AppendData(buffer, 0, count);
            total += count;
        }

        return (total, hash.GetHashAndReset());
    }
}
