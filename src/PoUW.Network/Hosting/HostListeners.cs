using System.Net;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Network.Hosting;

/// <summary>Where a host listens, with a loop for each listener that gives every connection a task of its own. Any thread.</summary>
/// <param name="setup">What the host is made of.</param>
/// <param name="maker">Admits peers.</param>
/// <param name="tasks">The tasks of the host.</param>
/// <param name="run">Runs an admitted connection to its end.</param>
/// <param name="stopping">Ends the loops.</param>
internal sealed class HostListeners(
    HostSetup setup, ConnectionMaker maker, TaskGroup tasks, Func<HostConnection, Task> run, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly List<IListener> _listeners = [];
    private readonly Func<IReadOnlyList<IPAddress>> _interfaces = setup.Interfaces ?? InterfaceAddresses.Read;
    private readonly Multiaddr[] _fixed = [.. setup.Options.Announce.Select(static address => address.WithoutPeer())];
    private Multiaddr[] _addresses = [];
    private Multiaddr[] _announced = [];
    private bool _isClosed;

    /// <summary>Where the listeners are.</summary>
    public IReadOnlyList<Multiaddr> Addresses => Volatile.Read(ref _addresses);

    /// <summary>The addresses that others are told to dial; another list whenever they have changed.</summary>
    public IReadOnlyList<Multiaddr> Announced => Volatile.Read(ref _announced);

    /// <summary>Listens at an address.</summary>
    /// <returns>The address to dial, with the port that the system picked.</returns>
    /// <exception cref="NetworkException">The address is in use, or no transport can listen there.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public async ValueTask<Multiaddr> AddAsync(Multiaddr address, CancellationToken cancellation)
    {
        (HostTransport transport, IListener listener) = await OpenListenerAsync(address, cancellation);
        IReadOnlyList<Multiaddr> reachable = InterfaceAddresses.Expand(listener.LocalAddress, _interfaces);
        bool isRunning;
        lock (_gate)
        {
            isRunning = !_isClosed && tasks.TryRun("pouw.accept", () => AcceptAsync(transport, listener));
            if (isRunning)
            {
                _listeners.Add(listener);
                Volatile.Write(ref _addresses, [.. _addresses, listener.LocalAddress]);
                Volatile.Write(ref _announced, _fixed.Length > 0 ? _fixed : [.. _announced.Union(reachable)]);
            }
        }

        if (!isRunning)
        {
            await listener.DisposeAsync();
            throw new ObjectDisposedException(nameof(Host));
        }

        return listener.LocalAddress;
    }

    /// <summary>Ends all listeners, and takes no more.</summary>
    public async ValueTask CloseAsync()
    {
        IListener[] listeners;
        lock (_gate)
        {
            _isClosed = true;
            listeners = [.. _listeners];
        }

        foreach (IListener listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    /// <summary>Listens by the first transport whose address it is: one to dial may not be one to listen at, as with port 0.</summary>
    private async ValueTask<(HostTransport Transport, IListener Listener)> OpenListenerAsync(Multiaddr address, CancellationToken cancellation)
    {
        foreach (HostTransport transport in setup.Transports)
        {
            try
            {
                return (transport, await transport.Transport.ListenAsync(address, cancellation));
            }
            catch (NetworkException failure) when (failure.Error == NetworkError.BadEndpoint)
            {
                continue;
            }
        }

        throw new NetworkException(NetworkError.BadEndpoint, $"No transport can listen at {address}.");
    }

    private async Task AcceptAsync(HostTransport transport, IListener listener)
    {
        try
        {
            while (await listener.AcceptAsync(stopping) is { } raw)
            {
                if (!TryBegin(transport, raw))
                {
                    await CloseRawAsync(raw);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private bool TryBegin(HostTransport transport, IConnection raw)
    {
        InboundAttempt? attempt = maker.TryBegin(raw);
        bool isRunning = attempt is not null && tasks.TryRun("pouw.connection", () => RunInboundAsync(transport, raw, attempt));
        if (!isRunning)
        {
            attempt?.Place.Dispose();
            attempt?.Scope.Dispose();
        }

        return isRunning;
    }

    /// <summary>A connection that cannot even be closed must not end the loop that takes others.</summary>
    private async ValueTask CloseRawAsync(IConnection raw)
    {
        try
        {
            await raw.CloseAsync();
        }
        catch (Exception failure)
        {
            setup.Observer.Observe(new NetworkEvent(NetworkEventKind.InternalFailure, null, $"closing {raw.RemoteAddress}", failure));
        }
    }

    private async Task RunInboundAsync(HostTransport transport, IConnection raw, InboundAttempt attempt)
    {
        (HostConnection? connection, _) = await maker.AcceptAsync(transport, raw, attempt);
        if (connection is not null)
        {
            await run(connection);
        }
    }
}
