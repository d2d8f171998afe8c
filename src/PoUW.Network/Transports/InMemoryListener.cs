using System.Threading.Channels;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>A backlog of connections that dialers made and nobody accepted yet.</summary>
internal sealed class InMemoryListener(InMemoryNetwork network, Multiaddr address, int backlog) : IListener
{
    private readonly Channel<IConnection> _waiting = Channel.CreateBounded<IConnection>(backlog);

    public Multiaddr LocalAddress => address;

    public bool TryOffer(IConnection connection) => _waiting.Writer.TryWrite(connection);

    public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellation))
        {
            if (_waiting.Reader.TryRead(out IConnection? connection))
            {
                return connection;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        network.Remove(this);
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out IConnection? connection))
        {
            await connection.CloseAsync();
        }
    }
}
