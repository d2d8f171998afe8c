using System.Net.Sockets;

namespace PoUW.Network.Transports;

/// <summary>A connected socket.</summary>
internal sealed class TcpConnection : IConnection
{
    private readonly Socket _socket;
    private int _closed;

    public TcpConnection(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        RemoteEndpoint = new NetworkEndpoint(socket.RemoteEndPoint?.ToString() ?? "");
    }

    public NetworkEndpoint RemoteEndpoint { get; }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("A read needs room for a byte.", nameof(destination));
        }

        return ReadCoreAsync(destination, cancellation);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        try
        {
            while (!source.IsEmpty)
            {
                int sent = await _socket.SendAsync(source, SocketFlags.None, cancellation);
                source = source[sent..];
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new NetworkException(NetworkError.Closed, $"Cannot write to {RemoteEndpoint}: {failure.Message}", failure);
        }
    }

    public ValueTask CloseWritingAsync()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The stream is gone already, which is more than what was asked for.
            return CloseAsync();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _socket.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask<int> ReadCoreAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        try
        {
            return await _socket.ReceiveAsync(destination, SocketFlags.None, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new NetworkException(NetworkError.Closed, $"Cannot read from {RemoteEndpoint}: {failure.Message}", failure);
        }
    }
}
