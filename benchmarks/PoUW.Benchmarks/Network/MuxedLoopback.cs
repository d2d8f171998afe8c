using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Streams;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Network;

/// <summary>Two yamux ends over TCP on loopback, both in this process.</summary>
internal sealed class MuxedLoopback : IAsyncDisposable
{
    private readonly IMuxer _dialer;
    private readonly IMuxer _listener;
    private readonly IReadOnlyList<IDisposable> _owned;

    private MuxedLoopback(IMuxer dialer, IMuxer listener, IReadOnlyList<IDisposable> owned)
    {
        (_dialer, _listener, _owned) = (dialer, listener, owned);
    }

    /// <summary>Connects two ends.</summary>
    /// <param name="isSecured">True to negotiate and run TLS as nodes do; false for yamux on the bare connection.</param>
    internal static async Task<MuxedLoopback> OpenAsync(bool isSecured)
    {
        TcpTransport transport = new();
        await using IListener listener = await transport.ListenAsync(Multiaddr.Tcp(new IPEndPoint(IPAddress.Loopback, 0)), CancellationToken.None);
        ValueTask<IConnection?> accepting = listener.AcceptAsync(CancellationToken.None);
        IConnection dialed = await transport.DialAsync(listener.LocalAddress, CancellationToken.None);
        IConnection accepted = await accepting ?? throw new InvalidOperationException("The listener has ended.");
        YamuxMuxerFactory muxers = new(new YamuxOptions(), TimeProvider.System, new ThreadPoolSpawner());
        if (!isSecured)
        {
            return new MuxedLoopback(muxers.Create(dialed, isDialer: true), muxers.Create(accepted, isDialer: false), []);
        }

        List<IDisposable> owned = [];
        Task<IMuxer> dialing = UpgradeAsync(dialed, isDialer: true, muxers, owned);
        Task<IMuxer> listening = UpgradeAsync(accepted, isDialer: false, muxers, owned);
        return new MuxedLoopback(await dialing, await listening, owned);
    }

    /// <summary>A stream between the two ends.</summary>
    internal async Task<(IMuxedStream Opened, IMuxedStream Accepted)> StreamAsync(StreamPriority priority)
    {
        IMuxedStream opened = await _dialer.OpenStreamAsync(CancellationToken.None);
        IMuxedStream accepted = await _listener.AcceptStreamAsync(CancellationToken.None) ?? throw new InvalidOperationException("The connection has ended.");
        (opened.Priority, accepted.Priority) = (priority, priority);
        return (opened, accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await _dialer.DisposeAsync();
        await _listener.DisposeAsync();
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }

    private static async Task<IMuxer> UpgradeAsync(IDuplexStream connection, bool isDialer, IMuxerFactory muxers, List<IDisposable> owned)
    {
        IdentityKey key = IdentityKey.Generate(new CryptographicRandomSource());
        TlsSecurity tls = new(key, IdentityVerifier.Create(), TimeProvider.System);
        owned.AddRange([tls, key]);
        ConnectionUpgrader upgrader = new([tls], [muxers]);
        return (await upgrader.UpgradeAsync(connection, isDialer, null, CancellationToken.None)).Muxer;
    }
}
