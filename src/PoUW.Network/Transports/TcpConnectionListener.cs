using System.Net.Sockets;

namespace PoUW.Network.Transports;

/// <summary>A listening socket.</summary>
internal sealed class TcpConnectionListener(Socket socket) : IListener
{
    private int _disposed;

    public NetworkEndpoint LocalEndpoint { get; } = new(socket.LocalEndPoint!.ToString()!);

    public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation)
    {
        while (Volatile.Read(ref _disposed) == 0)
        {
            try
            {
                return new TcpConnection(await socket.AcceptAsync(cancellation));
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // The dialer went away before it was accepted: wait for the next one.
                continue;
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException && Volatile.Read(ref _disposed) != 0)
            {
                return null;
            }
            catch (SocketException failure)
            {
                throw new NetworkException(NetworkError.Closed, $"{LocalEndpoint} can no longer accept: {failure.Message}", failure);
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _disposed, 1);
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
