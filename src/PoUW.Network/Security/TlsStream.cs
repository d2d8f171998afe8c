using System.Net.Security;
using PoUW.Network.Streams;

namespace PoUW.Network.Security;

/// <summary>
/// The secured bytes of an <see cref="SslStream"/>. Closing ends the stream below first, which ends what is under way; the TLS state is freed when
/// the last call has left, never under it.
/// </summary>
internal sealed class TlsStream(SslStream tls, IDuplexStream below) : IDuplexStream
{
    private readonly Lock _gate = new();
    private int _calls;
    private bool _closed;
    private bool _writingClosed;

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
        Enter();
        try
        {
            await tls.WriteAsync(source, cancellation);
        }
        catch (Exception failure) when (IsBroken(failure))
        {
            throw Broken("write", failure);
        }
        finally
        {
            Leave();
        }
    }

    public async ValueTask CloseWritingAsync()
    {
        lock (_gate)
        {
            if (_closed || _writingClosed)
            {
                return;
            }

            _writingClosed = true;
            _calls++;
        }

        try
        {
            await tls.ShutdownAsync();
        }
        catch (Exception failure) when (IsBroken(failure))
        {
            // The peer is gone already, which is more than what was asked for.
        }
        finally
        {
            Leave();
        }

        await below.CloseWritingAsync();
    }

    public async ValueTask CloseAsync()
    {
        bool isFirst;
        bool isIdle;
        lock (_gate)
        {
            isFirst = !_closed;
            isIdle = _calls == 0;
            _closed = true;
        }

        if (isFirst)
        {
            await below.CloseAsync();
            if (isIdle)
            {
                await tls.DisposeAsync();
            }
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private static bool IsBroken(Exception failure) =>
        failure is IOException or NetworkException or ObjectDisposedException or InvalidOperationException
            or System.Security.Authentication.AuthenticationException;

    private NetworkException Broken(string what, Exception failure)
    {
        // SslStream wraps what the stream below throws.
        NetworkError error = (failure as NetworkException ?? failure.InnerException as NetworkException)?.Error ?? NetworkError.Closed;
        return new NetworkException(error, $"TLS: cannot {what}: {(failure.InnerException ?? failure).Message}", failure);
    }

    private async ValueTask<int> ReadCoreAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        Enter();
        try
        {
            return await tls.ReadAsync(destination, cancellation);
        }
        catch (Exception failure) when (IsBroken(failure))
        {
            throw Broken("read", failure);
        }
        finally
        {
            Leave();
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new NetworkException(NetworkError.Closed, "The connection was closed on this side.");
            }

            _calls++;
        }
    }

    private void Leave()
    {
        bool isLast;
        lock (_gate)
        {
            isLast = --_calls == 0 && _closed;
        }

        if (isLast)
        {
            tls.Dispose();
        }
    }
}
