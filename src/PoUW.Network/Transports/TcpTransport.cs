using System.Net;
using System.Net.Sockets;

namespace PoUW.Network.Transports;

/// <summary>
/// TCP sockets. Endpoints are "address:port" with a literal IPv4 or IPv6 address; port 0 lets the system pick one. Nothing is encrypted
/// or authenticated: for loopback and closed networks until the TLS session layer is in place.
/// </summary>
public sealed class TcpTransport : ITransport
{
    private const int Backlog = 128;

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(NetworkEndpoint endpoint, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        IPEndPoint address = Parse(endpoint);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IListener>(new TcpConnectionListener(socket));
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new NetworkException(NetworkError.EndpointInUse, $"Cannot listen at {endpoint}: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IConnection> DialAsync(NetworkEndpoint endpoint, CancellationToken cancellation)
    {
        IPEndPoint address = Parse(endpoint);
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return new TcpConnection(socket);
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new NetworkException(NetworkError.Refused, $"{endpoint} does not accept connections: {failure.Message}", failure);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPEndPoint Parse(NetworkEndpoint endpoint)
    {
        bool parsed = IPEndPoint.TryParse(endpoint.Text ?? "", out IPEndPoint? address);
        bool hasPort = parsed && endpoint.Text!.EndsWith($":{address!.Port}", StringComparison.Ordinal);
        return hasPort ? address! : throw new NetworkException(NetworkError.BadEndpoint, $"'{endpoint}' is not 'address:port'.");
    }
}
