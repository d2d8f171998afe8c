using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>One side of a pair of pipes.</summary>
internal sealed class InMemoryConnection(Multiaddr local, Multiaddr remote, InMemoryPipe incoming, InMemoryPipe outgoing) : IConnection
{
    public Multiaddr RemoteAddress => remote;

    public Multiaddr LocalAddress => local;

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("A read needs room for a byte.", nameof(destination));
        }

        return incoming.ReadAsync(destination, cancellation);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => outgoing.WriteAsync(source, cancellation);

    public ValueTask CloseWritingAsync()
    {
        outgoing.CloseWriter();
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        outgoing.CloseWriter();
        incoming.CloseReader();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CloseAsync();
}
