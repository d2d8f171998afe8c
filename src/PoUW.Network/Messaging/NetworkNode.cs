using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Framing;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sessions;
using PoUW.Network.Transports;

namespace PoUW.Network.Messaging;

/// <summary>
/// A node of the network: sessions with peers, gossip on topics, requests. Payloads are opaque bytes. Peers are not trusted: all that
/// they send is bounded by the options. Members may be called from any thread. Handlers run concurrently for different peers, must come
/// to an end, and may call the node except for <see cref="DisposeAsync"/>.
/// </summary>
public sealed class NetworkNode : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ITransport _transport;
    private readonly NetworkOptions _options;
    private readonly TimeProvider _time;
    private readonly INetworkObserver _observer;
    private readonly NetworkCounters _counters = new();
    private readonly SessionRegistry _sessions;
    private readonly Handshaker _handshaker;
    private readonly PeerJudge _judge;
    private readonly GossipRouter _gossip;
    private readonly RequestRouter _requests;
    private readonly FrameDispatcher _dispatcher;
    private readonly TaskGroup _tasks;
    private readonly List<IListener> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _handshakes;
    private bool _disposed;

    /// <summary>Makes a node that neither listens nor dials yet.</summary>
    /// <param name="transport">Carries the bytes.</param>
    /// <param name="networkId">The hash of the genesis block: only peers with the same one get a session.</param>
    /// <param name="options">All limits.</param>
    /// <param name="time">Every deadline is on this clock.</param>
    /// <param name="spawner">Starts all background work.</param>
    /// <param name="random">Gives the node's name, unless <paramref name="id"/> does.</param>
    /// <param name="authorizer">Admits peers.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="id">The node's name, such as the hash of a key; null for a random one.</param>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="NetworkOptions.Validate"/>.</exception>
    public NetworkNode(
        ITransport transport, Hash256 networkId, NetworkOptions options, TimeProvider time, ISpawner spawner, IRandomSource random,
        IPeerAuthorizer authorizer, INetworkObserver observer, PeerId? id = null)
    {
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        Id = id ?? CreateId(random);
        NetworkId = networkId;
        _transport = transport;
        _options = options;
        _time = time;
        _observer = observer;
        _sessions = new SessionRegistry(options.MaxPeers);
        PeerStandings standings = new(options, time);
        _handshaker = new Handshaker(Id, networkId, options, _sessions, standings, authorizer);
        _judge = new PeerJudge(standings, _sessions, observer);
        _tasks = new TaskGroup(spawner, observer);
        _gossip = new GossipRouter(options, time, _sessions, _judge, observer, _counters);
        _requests = new RequestRouter(options, time, _tasks, observer, _counters);
        _dispatcher = new FrameDispatcher(_gossip, _requests);
    }

    /// <summary>Raised when a session begins, before anything of it is handled. Must return soon.</summary>
    public event Action<PeerDescription>? PeerConnected;

    /// <summary>Raised when a session has ended, with the reason of the side that ended it. Must return soon.</summary>
    public event Action<PeerDescription, CloseReason>? PeerDisconnected;

    /// <summary>This node's name.</summary>
    public PeerId Id { get; }

    /// <summary>The hash of the genesis block.</summary>
    public Hash256 NetworkId { get; }

    /// <summary>The limits.</summary>
    public NetworkOptions Options => _options;

    /// <summary>The peers with a session, in the order of their names.</summary>
    public IReadOnlyList<PeerDescription> Peers => [.. _sessions.Sessions.Select(static session => session.Peer)];

    /// <summary>Counts since the node was made.</summary>
    public NetworkStatistics Statistics => _counters.Read();

    /// <summary>Accepts connections at an address, from now until the node is disposed.</summary>
    /// <returns>The address to dial, with the port that the system picked.</returns>
    /// <exception cref="NetworkException">The address is in use or not valid.</exception>
    public async ValueTask<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellation = default)
    {
        IListener listener = await _transport.ListenAsync(address, cancellation);
        bool running;
        lock (_gate)
        {
            running = !_disposed && _tasks.TryRun("pouw.accept", () => AcceptAsync(listener));
            if (running)
            {
                _listeners.Add(listener);
            }
        }

        if (!running)
        {
            await listener.DisposeAsync();
            throw new ObjectDisposedException(nameof(NetworkNode));
        }

        return listener.LocalAddress;
    }

    /// <summary>Dials a node and makes a session. Cancelling ends the attempt, not a session that was made.</summary>
    public async ValueTask<ConnectResult> ConnectAsync(Multiaddr address, CancellationToken cancellation = default)
    {
        TaskCompletionSource<ConnectResult> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool running = _tasks.TryRun("pouw.dial", () => DialAsync(address, result, cancellation));
        ObjectDisposedException.ThrowIf(!running, this);
        return await result.Task;
    }

    /// <summary>
    /// Ends the session with a peer, if there is one, and waits until it has ended. A handshake under way is not ended: there is a
    /// session from <see cref="PeerConnected"/> on, which the two sides reach one after the other.
    /// </summary>
    public async ValueTask DisconnectAsync(PeerId peer)
    {
        if (_sessions.Find(peer) is { } session)
        {
            session.BeginClose(CloseReason.Requested, tell: true);
            await session.Ended;
        }
    }

    /// <summary>
    /// Handles a topic. The handler gets each message once, whoever sent it, and judges it: Accept forwards it to all other peers,
    /// Reject counts against the sender, Ignore drops it. The memory belongs to the handler and is never reused. Topics without a
    /// handler are not forwarded.
    /// </summary>
    /// <exception cref="InvalidOperationException">The topic has a handler.</exception>
    public void Subscribe(string topic, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>> handler)
    {
        MessageNames.ThrowIfInvalid(topic);
        ArgumentNullException.ThrowIfNull(handler);
        _gossip.Subscribe(topic, handler);
    }

    /// <summary>
    /// Sends a message to all peers; it never waits for a slow one. The bytes are copied. The own handler is not asked.
    /// </summary>
    /// <returns>The number of peers it was queued for; 0 for a message that was seen or published before.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The message is longer than <see cref="NetworkOptions.MaxGossipBytes"/>.</exception>
    public ValueTask<int> PublishAsync(string topic, ReadOnlyMemory<byte> message)
    {
        MessageNames.ThrowIfInvalid(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(message.Length, _options.MaxGossipBytes, nameof(message));
        return ValueTask.FromResult(_gossip.Publish(topic, message));
    }

    /// <summary>
    /// Serves a protocol. The handler returns the response, which must not change afterwards, or null for "not found"; its token is
    /// cancelled when the requester went away. Requests of one peer are served concurrently.
    /// </summary>
    /// <exception cref="InvalidOperationException">The protocol has a handler.</exception>
    public void Serve(string protocol, Func<PeerId, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>?>> handler)
    {
        MessageNames.ThrowIfInvalid(protocol);
        ArgumentNullException.ThrowIfNull(handler);
        _requests.Serve(protocol, handler);
    }

    /// <summary>Asks a peer and waits for the answer. The timeout includes the wait for a free place among the peer's requests.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public async ValueTask<RequestResult> RequestAsync(
        PeerId peer, string protocol, ReadOnlyMemory<byte> request, TimeSpan timeout, CancellationToken cancellation = default)
    {
        MessageNames.ThrowIfInvalid(protocol);
        if (request.Length > _options.MaxRequestBytes)
        {
            return new RequestResult(RequestStatus.TooLarge, default);
        }

        return _sessions.Find(peer) is { } session
            ? await _requests.RequestAsync(session, protocol, request, timeout, cancellation)
            : new RequestResult(RequestStatus.Disconnected, default);
    }

    /// <summary>Counts a fault against a peer; after <see cref="NetworkOptions.FaultsBeforeBan"/> of them it is banned for a while.</summary>
    /// <param name="peer">The peer that did it.</param>
    /// <param name="detail">What it did, for people.</param>
    public void Punish(PeerId peer, string detail) => _judge.AddFault(peer, detail);

    /// <summary>Tells the peers, ends all sessions and listeners, and waits until every task of the node and every handler ended.</summary>
    public async ValueTask DisposeAsync()
    {
        bool first;
        lock (_gate)
        {
            first = !_disposed;
            _disposed = true;
        }

        if (!first)
        {
            await _stopped.Task;
            return;
        }

        foreach (PeerSession session in _sessions.Close())
        {
            session.BeginClose(CloseReason.ShuttingDown, tell: true);
        }

        _stop.Cancel();
        foreach (IListener listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        await _tasks.CompleteAsync();
        _stopped.SetResult();
    }

    /// <summary>Cancelled when the node stops.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>Runs work that the node waits for when it stops.</summary>
    /// <returns>False if the node stopped.</returns>
    internal bool TryRun(string name, Func<Task> work) => _tasks.TryRun(name, work);

    private static PeerId CreateId(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        random.Fill(bytes);
        return new PeerId(new Hash256(bytes));
    }

    private async Task AcceptAsync(IListener listener)
    {
        try
        {
            while (await listener.AcceptAsync(_stop.Token) is { } connection)
            {
                bool room = Interlocked.Increment(ref _handshakes) <= _options.MaxPendingHandshakes;
                if (!room || !_tasks.TryRun("pouw.session", () => RunInboundAsync(connection)))
                {
                    Interlocked.Decrement(ref _handshakes);
                    await connection.CloseAsync();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task RunInboundAsync(IConnection connection)
    {
        PeerSession? session;
        try
        {
            (session, _) = await EstablishAsync(_ => ValueTask.FromResult(connection), true, CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }

        if (session is not null)
        {
            await RunSessionAsync(session);
        }
    }

    private async Task DialAsync(Multiaddr address, TaskCompletionSource<ConnectResult> result, CancellationToken cancellation)
    {
        try
        {
            (PeerSession? session, ConnectResult outcome) =
                await EstablishAsync(token => _transport.DialAsync(address, token), false, cancellation);
            result.TrySetResult(outcome);
            if (session is not null)
            {
                await RunSessionAsync(session);
            }
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

    /// <summary>Connects and shakes hands under one deadline; tells the peer and closes when that fails.</summary>
    private async ValueTask<(PeerSession? Session, ConnectResult Result)> EstablishAsync(
        Func<CancellationToken, ValueTask<IConnection>> connect, bool isInbound, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(_options.HandshakeTimeout, _time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token, cancellation);
        IConnection? connection = null;
        HandshakeOutcome outcome;
        try
        {
            connection = await connect(any.Token);
            FrameReader reader = new(connection);
            outcome = await _handshaker.RunAsync(connection, reader, isInbound, any.Token);
            if (outcome.Reason == CloseReason.None)
            {
                PeerSession session = new(outcome.Peer!, connection, reader, _options, _time, _counters, _stop.Token);
                if (Begin(session))
                {
                    return (session, new ConnectResult(CloseReason.None, outcome.Peer!.Id));
                }

                outcome = new HandshakeOutcome(CloseReason.ShuttingDown, false, outcome.Peer);
            }
        }
        catch (NetworkException)
        {
            outcome = new HandshakeOutcome(connection is null ? CloseReason.Unreachable : CloseReason.Lost, true, null);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            outcome = new HandshakeOutcome(_stop.IsCancellationRequested ? CloseReason.ShuttingDown : CloseReason.HandshakeTimeout, false, null);
        }
        catch (OperationCanceledException)
        {
            await RefuseAsync(connection, CloseReason.Requested);
            throw;
        }

        await RefuseAsync(connection, outcome.ByPeer ? CloseReason.None : outcome.Reason);
        _observer.Observe(new NetworkEvent(NetworkEventKind.HandshakeFailed, outcome.Peer?.Id, outcome.Reason.ToString()));
        return (null, new ConnectResult(outcome.Reason, outcome.Peer?.Id));
    }

    /// <summary>Closes a connection that got no session, and lets the peer read why, for no longer than the linger time.</summary>
    private async ValueTask RefuseAsync(IConnection? connection, CloseReason reason)
    {
        if (connection is null)
        {
            return;
        }

        using CancellationTokenSource linger = new(_options.CloseLinger, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(linger.Token, _stop.Token);
        try
        {
            if (reason != CloseReason.None)
            {
                await connection.WriteAsync(OutboundFrame.Close(reason).ToArray(), either.Token);
                await connection.CloseWritingAsync();
                byte[] unread = new byte[1024];
                while (await connection.ReadAsync(unread, either.Token) > 0)
                {
                    continue;
                }
            }
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // The peer is gone or does not read: it needs no reason.
            return;
        }
        finally
        {
            await connection.CloseAsync();
        }
    }

    private bool Begin(PeerSession session)
    {
        if (!_sessions.TryFill(session))
        {
            _sessions.Release(session.Peer.Id);
            return false;
        }

        _observer.Observe(new NetworkEvent(NetworkEventKind.PeerConnected, session.Peer.Id, session.Peer.RemoteAddress.ToString()));
        Raise(session.Peer.Id, () => PeerConnected?.Invoke(session.Peer));
        return true;
    }

    private async Task RunSessionAsync(PeerSession session)
    {
        Task pump = _gossip.PumpAsync(session);
        CloseReason reason = CloseReason.Lost;
        try
        {
            reason = await session.RunAsync(_dispatcher);
        }
        finally
        {
            _sessions.Remove(session);
            session.MarkEnded();
        }

        _observer.Observe(new NetworkEvent(NetworkEventKind.PeerDisconnected, session.Peer.Id, reason.ToString()));
        Raise(session.Peer.Id, () => PeerDisconnected?.Invoke(session.Peer, reason));
        await pump;
    }

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
