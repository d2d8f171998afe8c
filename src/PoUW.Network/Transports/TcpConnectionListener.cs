using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>A listening socket.</summary>
internal sealed class TcpConnectionListener : IListener
{
    private readonly Socket _socket;
    private readonly TcpTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, ValueTask<Socket>> _accept;
    private readonly CancellationTokenSource _disposed = new();

    public TcpConnectionListener(
        Socket socket, TcpTransportOptions options, TimeProvider time, Func<CancellationToken, ValueTask<Socket>>? accept = null)
    {
        (_socket, _options, _time, _accept) = (socket, options, time, accept ?? socket.AcceptAsync);
        LocalAddress = Multiaddr.Tcp((IPEndPoint)socket.LocalEndPoint!);
    }

    public Multiaddr LocalAddress { get; }

    public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation)
    {
        TimeSpan backoff = _options.AcceptBackoff;
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                return new TcpConnection(await _accept(cancellation).ConfigureAwait(false), _options);
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException && _disposed.IsCancellationRequested)
            {
                return null;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.NotSocket or SocketError.InvalidArgument)
            {
                throw new NetworkException(NetworkError.Closed, $"{LocalAddress} can no longer accept: {failure.Message}", failure);
            }
            catch (SocketException failure) when (IsOfOneDialer(failure.SocketErrorCode))
            {
                // That dialer is lost; the next one is not.
                continue;
            }
            catch (SocketException)
            {
                // Descriptors or memory are short: at once again would only burn the processor until others close theirs.
                await WaitAsync(backoff, cancellation).ConfigureAwait(false);
                backoff = backoff * 2 < _options.MaxAcceptBackoff ? backoff * 2 : _options.MaxAcceptBackoff;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        _disposed.Cancel();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Linux gives errors of the new connection's network from accept too (accept(2), "Error handling").</summary>
    private static bool IsOfOneDialer(SocketError error) => error is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.TimedOut
        or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable or SocketError.Interrupted;

    private async ValueTask WaitAsync(TimeSpan delay, CancellationToken cancellation)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token, cancellation);
        try
        {
            await Task.Delay(delay, _time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Disposed: the loop above sees it.
        }
    }
}
