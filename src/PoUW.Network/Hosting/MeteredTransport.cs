using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Hosting;

/// <summary>Counts the bytes of all connections of a transport, as they are on the wire. Any thread.</summary>
internal sealed class MeteredTransport(ITransport inner) : ITransport
{
    private long _sent;
    private long _received;

    public long BytesSent => Interlocked.Read(ref _sent);

    public long BytesReceived => Interlocked.Read(ref _received);

    public bool CanDial(Multiaddr address) => inner.CanDial(address);

    public async ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation) =>
        new MeteredListener(this, await inner.ListenAsync(address, cancellation));

    public async ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) =>
        new MeteredConnection(this, await inner.DialAsync(address, cancellation));

    private sealed class MeteredListener(MeteredTransport owner, IListener inner) : IListener
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation) =>
            await inner.AcceptAsync(cancellation) is { } connection ? new MeteredConnection(owner, connection) : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class MeteredConnection(MeteredTransport owner, IConnection inner) : IConnection
    {
        public Multiaddr RemoteAddress => inner.RemoteAddress;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
        {
            int count = await inner.ReadAsync(destination, cancellation);
            Interlocked.Add(ref owner._received, count);
            return count;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
        {
            Interlocked.Add(ref owner._sent, source.Length);
            return inner.WriteAsync(source, cancellation);
        }

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public ValueTask CloseAsync() => inner.CloseAsync();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
