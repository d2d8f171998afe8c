using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>One end of a cable.</summary>
internal sealed class ModelledConnection(NetworkModel model, ModelledCable cable, Multiaddr local, Multiaddr remote, ModelledPipe incoming, ModelledPipe outgoing)
    : IConnection
{
    public Multiaddr LocalAddress => local;

    public Multiaddr RemoteAddress => remote;

    public bool IsClosed { get; private set; }

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
        lock (model.Gate)
        {
            outgoing.CloseWriter();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        lock (model.Gate)
        {
            if (!IsClosed)
            {
                IsClosed = true;
                outgoing.CloseWriter();
                incoming.CloseReader();
                cable.ReleaseIfUnused();
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CloseAsync();
}
