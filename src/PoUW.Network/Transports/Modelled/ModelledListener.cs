using System.Threading.Channels;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>A backlog of connections that dialers made and nobody accepted yet.</summary>
internal sealed class ModelledListener(NetworkModel model, ModelledHost host, Multiaddr address, int backlog) : IListener
{
    private readonly Channel<IConnection> _waiting = Channel.CreateBounded<IConnection>(backlog);

    public ModelledHost Host => host;

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

    /// <summary>Ends accepting, as disposing does, but without a word to those who wait.</summary>
    public void Stop() => _waiting.Writer.TryComplete();

    public async ValueTask DisposeAsync()
    {
        model.Ports.Remove(this);
        Stop();
        while (_waiting.Reader.TryRead(out IConnection? connection))
        {
            await connection.CloseAsync();
        }
    }
}
