using System.Net;
using System.Net.Sockets;
using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>
/// TCP sockets with Nagle's algorithm off. Listens at <c>/ip4/…/tcp/port</c> and <c>/ip6/…/tcp/port</c>, where port 0 lets the system pick one and
/// <c>/ip6/::</c> takes IPv4 too; dials these and <c>/dns…/name/tcp/port</c>, one address of the name after the other, from any local port.
/// Nothing is encrypted or authenticated here: the layers above do it.
/// </summary>
public sealed class TcpTransport : ITransport
{
    private readonly TcpTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string, AddressFamily, CancellationToken, Task<IPAddress[]>> _resolve;

    /// <summary>A transport with the default limits on the system's clock.</summary>
    public TcpTransport()
        : this(new TcpTransportOptions(), TimeProvider.System)
    {
    }

    /// <summary>A transport that asks the system for the addresses of names.</summary>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="TcpTransportOptions.Validate"/>.</exception>
    public TcpTransport(TcpTransportOptions options, TimeProvider time)
        : this(options, time, Dns.GetHostAddressesAsync)
    {
    }

    internal TcpTransport(TcpTransportOptions options, TimeProvider time, Func<string, AddressFamily, CancellationToken, Task<IPAddress[]>> resolve)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _resolve) = (options, time, resolve);
    }

    /// <inheritdoc/>
    public bool CanDial(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.TryGetTcp(out _, out int port) && port > 0;
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        cancellation.ThrowIfCancellationRequested();
        if (!address.TryGetTcp(out _, out int port) || address.IpAddress is not { } ip)
        {
            throw new NetworkException(NetworkError.BadEndpoint, $"'{address}' is not /ip4 or /ip6 with a /tcp port.");
        }

        Socket socket = CreateSocket(ip.AddressFamily);
        try
        {
            if (ip.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(ip, port));
            socket.Listen(_options.Backlog);
            return ValueTask.FromResult<IListener>(new TcpConnectionListener(socket, _options, _time));
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new NetworkException(NetworkError.EndpointInUse, $"Cannot listen at {address}: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.TryGetTcp(out MultiaddrPart host, out int port) || port == 0)
        {
            throw new NetworkException(NetworkError.BadEndpoint, $"'{address}' is no address of TCP to dial.");
        }

        return address.IpAddress is { } ip
            ? await ConnectAsync(new IPEndPoint(ip, port), cancellation).ConfigureAwait(false)
            : await ConnectToNameAsync(host, port, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<IConnection> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        Socket socket = CreateSocket(endpoint.AddressFamily);
        try
        {
            await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
            return new TcpConnection(socket, _options);
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new NetworkException(NetworkError.Refused, $"{endpoint} does not accept connections: {failure.Message}", failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket CreateSocket(AddressFamily family)
    {
        try
        {
            return new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException failure)
        {
            throw new NetworkException(NetworkError.LimitReached, $"No socket can be made: {failure.Message}", failure);
        }
    }

    private async ValueTask<IConnection> ConnectToNameAsync(MultiaddrPart host, int port, CancellationToken cancellation)
    {
        NetworkException? last = null;
        foreach (IPAddress ip in await ResolveAsync(host, cancellation).ConfigureAwait(false))
        {
            using CancellationTokenSource deadline = new(_options.AddressTimeout, _time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            try
            {
                return await ConnectAsync(new IPEndPoint(ip, port), either.Token).ConfigureAwait(false);
            }
            catch (NetworkException failure)
            {
                last = failure;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                last = new NetworkException(NetworkError.Refused, $"{ip} did not answer in {_options.AddressTimeout}.");
            }
        }

        throw last ?? new NetworkException(NetworkError.Refused, $"The name '{host.Value}' has no address.");
    }

    private async ValueTask<IEnumerable<IPAddress>> ResolveAsync(MultiaddrPart host, CancellationToken cancellation)
    {
        AddressFamily family = host.Protocol switch
        {
            MultiaddrProtocol.Dns4 => AddressFamily.InterNetwork,
            MultiaddrProtocol.Dns6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        try
        {
            IPAddress[] found = await _resolve(host.Value, family, cancellation).ConfigureAwait(false);
            return found.Where(ip => family == AddressFamily.Unspecified || ip.AddressFamily == family).Take(_options.MaxAddressesPerName);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            throw new NetworkException(NetworkError.Refused, $"The name '{host.Value}' cannot be resolved: {failure.Message}", failure);
        }
    }
}
