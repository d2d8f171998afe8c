using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Support;

/// <summary>Adds what is read on the connections of a transport to a trace.</summary>
internal sealed class WatchedTransport(ITransport inner, SimulationTrace trace) : ITransport
{
    public bool CanDial(Multiaddr address) => inner.CanDial(address);

    public async ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation) =>
        new WatchedListener(await inner.ListenAsync(address, cancellation), trace);

    public async ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) =>
        new WatchedConnection(await inner.DialAsync(address, cancellation), trace);

    private sealed class WatchedListener(IListener inner, SimulationTrace trace) : IListener
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation) =>
            await inner.AcceptAsync(cancellation) is { } connection ? new WatchedConnection(connection, trace) : null;

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class WatchedConnection(IConnection inner, SimulationTrace trace) : IConnection
    {
        private readonly string _label = $"{inner.RemoteAddress}>{inner.LocalAddress}";

        public Multiaddr RemoteAddress => inner.RemoteAddress;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
        {
            int count = await inner.ReadAsync(destination, cancellation);
            trace.Add(_label, destination.Span[..count]);
            return count;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => inner.WriteAsync(source, cancellation);

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public ValueTask CloseAsync() => inner.CloseAsync();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
