using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Identify;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Ping;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Hosting;

/// <summary>
/// A libp2p node without protocols of its own but identify, ping and (if set up) hello: listens and dials, secures and muxes connections, keeps
/// one with each admitted peer, and serves the streams of peers. Peers are not trusted: what they may do is bounded by the options. Members may
/// be called from any thread. Handlers run concurrently, and may call the host except for <see cref="DisposeAsync"/>.
/// </summary>
public sealed class Host : IHost, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HostSetup _setup;
    private readonly HostOptions _options;
    private readonly INetworkObserver _observer;
    private readonly PeerPlaces _places;
    private readonly PeerStandings _standings;
    private readonly StreamServer _streams;
    private readonly IdentifyService _identify;
    private readonly PingService _ping;
    private readonly ConnectionMaker _maker;
    private readonly TaskGroup _tasks;
    private readonly HostListeners _listeners;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _dials;
    private bool _disposed;

    /// <summary>Makes a host that neither listens nor dials yet.</summary>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="HostOptions.Validate"/>, or announce another node.</exception>
    public Host(HostSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        ValidationResult valid = setup.Options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(setup));
        }

        Id = setup.Identity.Id;
        if (setup.Options.Announce.Any(address => address.Peer is { } peer && peer != Id))
        {
            throw new ArgumentException("An address to announce names another node.", nameof(setup));
        }

        (_setup, _options, _observer) = (setup, setup.Options, setup.Observer);
        _places = new PeerPlaces(_options.MaxPeers, Math.Min(_options.PlacesForDialed, _options.MaxPeers / 4));
        _standings = new PeerStandings(_options, setup.Time);
        Guards = setup.Guards ?? new NetworkGuards(new GuardOptions(), setup.Time, setup.Random);
        _tasks = new TaskGroup(setup.Spawner, _observer);
        _streams = new StreamServer(_options, setup.Time, _tasks, _observer);
        _identify = new IdentifyService(
            setup.Identity.PublicKey,
            setup.SignsPeerRecord ? setup.Identity : null,
            IdentityVerifier.Create(),
            _options,
            Guards.Messages,
            setup.Time,
            _tasks,
            () => AnnouncedAddresses,
            () => _streams.Protocols);
        _ping = new PingService(_options.Ping, Guards.Messages, setup.Time, setup.Random);
        PlaceArbiter arbiter = new(Id, _places, _options, setup.Time);
        IAdmission admission = setup.Hello is { } hello
            ? new HelloAdmission(_options, hello, _identify, arbiter, _places)
            : new OpenAdmission(_identify, arbiter, _options, setup.Time);
        _maker = new ConnectionMaker(Id, setup, Guards, _tasks, _streams, _places, admission, _stop.Token);
        _listeners = new HostListeners(setup, _maker, _tasks, RunAsync, _stop.Token);
        AddOwnProtocols();
    }

    /// <inheritdoc/>
    public event Action<PeerConnection>? PeerConnected;

    /// <inheritdoc/>
    public event Action<PeerConnection>? PeerDisconnected;

    /// <inheritdoc/>
    public event Action<PeerConnection>? PeerUpdated;

    /// <inheritdoc/>
    public PeerId Id { get; }

    /// <summary>The limits.</summary>
    public HostOptions Options => _options;

    /// <summary>What is asked before anything is taken on: bans, rates, resources.</summary>
    public NetworkGuards Guards { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Multiaddr> ListenAddresses => _listeners.Addresses;

    /// <summary>
    /// Where others are told to dial this node, without the peer part: <see cref="HostOptions.Announce"/>, or else where it listens, an unspecified
    /// address as those of the machine's interfaces. Empty if it does not listen.
    /// </summary>
    public IReadOnlyList<Multiaddr> AnnouncedAddresses => _listeners.Announced;

    /// <inheritdoc/>
    public IReadOnlyList<PeerConnection> Peers => [.. _places.Connections.Select(static connection => connection.Snapshot())];

    /// <summary>Where others can dial this node, in an envelope that it has signed, as identify tells it; empty if it signs none or does not listen.</summary>
    public ReadOnlyMemory<byte> SignedPeerRecord => _identify.SignedRecord(AnnouncedAddresses);

    /// <summary>The verified signed record of a connected peer's addresses, as an envelope to pass on; empty if it gave none.</summary>
    public ReadOnlyMemory<byte> RecordOf(PeerId peer) => _places.Find(peer)?.Identity.SignedPeerRecord ?? default;

    /// <summary>Raised beside <see cref="PeerConnected"/>, with what hello told.</summary>
    internal event Action<PeerDescription>? Admitted;

    /// <summary>Raised beside <see cref="PeerDisconnected"/>, with the reason of the side that ended the connection.</summary>
    internal event Action<PeerDescription, CloseReason>? Left;

    /// <summary>The admitted peers, as hello described them, in the order of their ids.</summary>
    internal IReadOnlyList<PeerDescription> Descriptions => [.. _places.Connections.Select(static connection => connection.Describe())];

    /// <summary>Cancelled when the host stops.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>Accepts connections at an address, from now until the host is disposed.</summary>
    /// <returns>The address to dial, with the port that the system picked, without the peer.</returns>
    /// <exception cref="NetworkException">The address is in use, or no transport can listen there.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public async ValueTask<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        Multiaddr local = await _listeners.AddAsync(address.WithoutPeer(), cancellation);
        _identify.Push(_places.Connections);
        return local;
    }

    /// <summary>
    /// Connects to a peer and waits until both sides have admitted each other. Cancelling ends the attempt, not a connection that was made.
    /// </summary>
    /// <param name="address">Where it listens; if it names a peer, no other one is accepted there.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    /// <exception cref="NetworkException">Too many dials are under way (<see cref="NetworkError.LimitReached"/>).</exception>
    public async ValueTask<ConnectResult> DialAsync(Multiaddr address, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (Interlocked.Increment(ref _dials) > _options.MaxPendingDials)
        {
            Interlocked.Decrement(ref _dials);
            throw new NetworkException(NetworkError.LimitReached, $"{_options.MaxPendingDials} dials are under way.");
        }

        TaskCompletionSource<ConnectResult> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_tasks.TryRun("pouw.dial", () => RunDialAsync(address, result, cancellation)))
        {
            Interlocked.Decrement(ref _dials);
            throw new ObjectDisposedException(nameof(Host));
        }

        return await result.Task;
    }

    /// <summary>
    /// As <see cref="DialAsync"/>, but not before the back-off of earlier failures is over: <see cref="CloseReason.TooSoon"/> then. For dials that
    /// nobody asked for by hand.
    /// </summary>
    public ValueTask<ConnectResult> DialWhenDueAsync(Multiaddr address, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Guards.Dials.WaitBefore(address.Peer, address) > TimeSpan.Zero
            ? ValueTask.FromResult(new ConnectResult(CloseReason.TooSoon, address.Peer))
            : DialAsync(address, cancellation);
    }

    /// <summary>
    /// Ends the connection with a peer, if there is one, and waits until it has ended. A handshake under way is not ended.
    /// </summary>
    public async ValueTask DisconnectAsync(PeerId peer, CloseReason reason = CloseReason.Requested)
    {
        if (_places.Find(peer) is { } connection)
        {
            connection.BeginClose(reason);
            await connection.WaitForEndAsync(CancellationToken.None);
        }
    }

    /// <summary>Measures the time of a round trip to a peer by the ping protocol.</summary>
    /// <exception cref="NetworkException">No connection, the peer does not answer pings, or not in time.</exception>
    public async ValueTask<TimeSpan> PingAsync(PeerId peer, CancellationToken cancellation = default)
    {
        using CancellationTokenSource deadline = new(_options.Ping.Timeout, _setup.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        PeerStream? stream = null;
        try
        {
            stream = await OpenStreamAsync(peer, [PingService.ProtocolId], StreamPriority.Urgent, either.Token);
            return await _ping.AskAsync(stream, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The ping was not answered in time.");
        }
        finally
        {
            stream?.Reset();
        }
    }

    /// <inheritdoc/>
    public void Handle(string protocol, StreamHandler handler, StreamHandlerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        _streams.Handle(protocol, (_, stream, cancellation) => handler(stream, cancellation), options ?? new StreamHandlerOptions());
        _identify.Push(_places.Connections);
    }

    /// <inheritdoc/>
    public ValueTask<PeerStream> OpenStreamAsync(
        PeerId peer, IReadOnlyList<string> protocols, StreamPriority priority, CancellationToken cancellation) =>
        OpenStreamAsync(peer, protocols, priority, default, cancellation);

    /// <summary>Opens a stream and writes what comes first, which saves a round trip where the peer has said that it speaks the protocol.</summary>
    internal async ValueTask<PeerStream> OpenStreamAsync(
        PeerId peer, IReadOnlyList<string> protocols, StreamPriority priority, ReadOnlyMemory<byte> first, CancellationToken cancellation)
    {
        HostConnection connection = _places.Find(peer)
            ?? throw new NetworkException(NetworkError.NotConnected, $"There is no connection with {peer.ToShortString()}.");
        using CancellationTokenSource deadline = new(_options.NegotiationTimeout, _setup.Time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.Broken, cancellation);
        try
        {
            return await StreamOpener.OpenAsync(connection, protocols, priority, _options, first, any.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, $"{peer.ToShortString()} did not agree on a protocol in time.");
        }
    }

    /// <inheritdoc/>
    public void Punish(PeerId peer, string detail)
    {
        KeyValuePair<string, object?> node = NetworkMetrics.Tag(NetworkMetrics.NodeTag, _options.Node);
        NetworkMetrics.Faults.Add(1, node);
        _observer.Observe(new NetworkEvent(NetworkEventKind.PeerFault, peer, detail));

        // What a banned peer sent before is still judged; that is no second ban, but a connection that it still has is ended.
        if (Guards.Bans.IsBanned(peer))
        {
            _places.Find(peer)?.BeginClose(CloseReason.Banned);
        }
        else if (_standings.AddFault(peer))
        {
            NetworkMetrics.Bans.Add(1, node);
            Guards.Bans.Add(peer, _options.BanDuration, detail);
            _observer.Observe(new NetworkEvent(NetworkEventKind.PeerBanned, peer, detail));
            _places.Find(peer)?.BeginClose(CloseReason.Banned);
        }
    }

    /// <summary>Tells the peers, ends all connections and listeners, and waits until every task of the host and every handler ended.</summary>
    public async ValueTask DisposeAsync()
    {
        bool isFirst;
        lock (_gate)
        {
            isFirst = !_disposed;
            _disposed = true;
        }

        if (!isFirst)
        {
            await _stopped.Task;
            return;
        }

        foreach (HostConnection connection in _places.Close())
        {
            connection.BeginClose(CloseReason.ShuttingDown);
        }

        _stop.Cancel();
        await _listeners.CloseAsync();
        await _tasks.CompleteAsync();
        _stopped.SetResult();
    }

    /// <summary>Runs work that the host waits for when it stops.</summary>
    /// <returns>False if the host stopped.</returns>
    internal bool TryRun(string name, Func<Task> work) => _tasks.TryRun(name, work);

    private void AddOwnProtocols()
    {
        StreamHandlerOptions early = new() { BeforeAdmission = true, MaxInboundPerPeer = 4, Priority = StreamPriority.Urgent };
        _streams.Handle(IdentifyService.ProtocolId, _identify.ServeAsync, early);
        _streams.Handle(IdentifyService.PushProtocolId, ReceivePushAsync, new StreamHandlerOptions { MaxInboundPerPeer = 1 });
        _streams.Handle(
            PingService.ProtocolId,
            (_, stream, cancellation) => _ping.ServeAsync(stream, cancellation),
            new StreamHandlerOptions { MaxInboundPerPeer = _options.Ping.MaxInboundPerPeer, Priority = StreamPriority.Urgent });
        if (_setup.Hello is not null)
        {
            _streams.Handle(
                HelloAdmission.ProtocolId, static (connection, stream, _) => HelloAdmission.ServeAsync(connection, stream), early with { MaxInboundPerPeer = 2 });
        }
    }

    private async Task ReceivePushAsync(HostConnection connection, PeerStream stream, CancellationToken cancellation)
    {
        // What a peer said before it left is read after that, but changes nothing.
        if (await _identify.ReceivePushAsync(connection, stream, cancellation) && _places.Find(connection.Peer) == connection)
        {
            Raise(connection.Peer, () => PeerUpdated?.Invoke(connection.Snapshot()));
        }
    }

    private async Task RunDialAsync(Multiaddr address, TaskCompletionSource<ConnectResult> result, CancellationToken cancellation)
    {
        try
        {
            HostConnection? connection;
            ConnectResult outcome;
            try
            {
                (connection, outcome) = await _maker.DialAsync(address, cancellation);
            }
            finally
            {
                Interlocked.Decrement(ref _dials);
            }

            Task running = connection is null ? Task.CompletedTask : RunAsync(connection);
            result.TrySetResult(outcome);
            await running;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            result.TrySetCanceled(cancellation);
        }
        catch (Exception failure)
        {
            // The caller learns of it, if it still waits; the task group reports it to the observer.
            result.TrySetException(failure);
            throw;
        }
    }

    /// <summary>Runs an admitted connection to its end. The part before the first wait tells that it has begun.</summary>
    private async Task RunAsync(HostConnection connection)
    {
        _observer.Observe(new NetworkEvent(NetworkEventKind.PeerConnected, connection.Peer, connection.RemoteAddress.ToString()));
        Raise(connection.Peer, () => PeerConnected?.Invoke(connection.Snapshot()));
        Raise(connection.Peer, () => Admitted?.Invoke(connection.Describe()));
        CountConnection(connection, 1);
        connection.MarkAdmitted();
        CloseReason reason = await connection.WaitForReasonAsync();
        _places.Hide(connection);
        CountConnection(connection, -1);
        _observer.Observe(new NetworkEvent(NetworkEventKind.PeerDisconnected, connection.Peer, reason.ToString()));
        Raise(connection.Peer, () => PeerDisconnected?.Invoke(connection.Snapshot()));
        Raise(connection.Peer, () => Left?.Invoke(connection.Describe(), reason));
        _places.Remove(connection);
        connection.MarkEnded();
    }

    private void CountConnection(HostConnection connection, int change) => NetworkMetrics.Connections.Add(
        change, NetworkMetrics.Tag(NetworkMetrics.NodeTag, _options.Node),
        NetworkMetrics.Tag("direction", connection.IsInbound ? "inbound" : "outbound"));

    private void Raise(PeerId peer, Action notify)
    {
        try
        {
            notify();
        }
        catch (Exception failure)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, "peer event", failure));
        }
    }
}
