using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>A connected socket.</summary>
internal sealed class TcpConnection : IConnection
{
    private static readonly Multiaddr Unknown = Multiaddr.Tcp(new IPEndPoint(IPAddress.Any, 0));

    // IPPROTO_TCP and TCP_NOTSENT_LOWAT of Linux.
    private const int TcpLevel = 6;
    private const int NotSentLowWatermark = 25;

    private readonly Socket _socket;
    private int _closed;

    public TcpConnection(Socket socket, TcpTransportOptions options)
    {
        _socket = socket;
        SetNoDelay();
        LimitUnsent(options.MaxUnsentBytes);
        RemoteAddress = AddressOf(static socket => socket.RemoteEndPoint);
        LocalAddress = AddressOf(static socket => socket.LocalEndPoint);
    }

    public Multiaddr RemoteAddress { get; }

    public Multiaddr LocalAddress { get; }

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
            throw new NetworkException(NetworkError.Closed, $"Cannot write to {RemoteAddress}: {failure.Message}", failure);
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

    private void SetNoDelay()
    {
        try
        {
            _socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // Refused by some systems for a connection that was reset already, where it is of no more use.
        }
    }

    /// <summary>Lets the system take no more than it can send soon: what it holds, no priority of streams reaches any more.</summary>
    private void LimitUnsent(int bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _socket.SetRawSocketOption(TcpLevel, NotSentLowWatermark, BitConverter.GetBytes(bytes));
        }
        catch (SocketException)
        {
            // An old system, or a connection that was reset already: bulk delays urgent messages more than it must, and nothing else.
        }
    }

    private Multiaddr AddressOf(Func<Socket, EndPoint?> end)
    {
        try
        {
            return end(_socket) is IPEndPoint address ? Multiaddr.Tcp(address) : Unknown;
        }
        catch (SocketException)
        {
            // The other side has reset the connection already: the first read tells.
            return Unknown;
        }
    }

    private async ValueTask<int> ReadCoreAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        try
        {
            return await _socket.ReceiveAsync(destination, SocketFlags.None, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new NetworkException(NetworkError.Closed, $"Cannot read from {RemoteAddress}: {failure.Message}", failure);
        }
    }
}
