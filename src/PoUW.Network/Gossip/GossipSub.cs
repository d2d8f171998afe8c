using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Gossip;

/// <summary>
/// Gossip with the peers of a host (libp2p specification: pubsub, gossipsub 1.0, 1.1, 1.2): one stream to write on a peer, one to read. Peers are
/// not trusted; what they can make this node keep or do is bounded by <see cref="GossipLimits"/>. Members may be called from any thread.
/// </summary>
public sealed class GossipSub : IAsyncDisposable
{
    // Room for topic, author and signature beside a payload.
    private const int EnvelopeBytes = 2048;

    private readonly Lock _gate = new();
    private readonly IHost _host;
    private readonly GossipOptions _options;
    private readonly TimeProvider _time;
    private readonly INetworkObserver _observer;
    private readonly TaskGroup _tasks;
    private readonly GossipRouter _router;
    private readonly MessageSigning _signing;
    private readonly Func<GossipMessage, GossipMessageId> _idOf;
    private readonly MessageInboxes _inboxes;
    private readonly IReadOnlyList<string> _protocols;
    private readonly Dictionary<string, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>>> _handlers = [];
    private readonly SortedDictionary<PeerId, GossipLink> _links = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly GossipWaiters _waiters = new();
    private bool _isStarted;
    private bool _isStopped;

    /// <summary>Prepares gossip; <see cref="Start"/> begins it.</summary>
    /// <param name="host">The connections.</param>
    /// <param name="options">Parameters; see <see cref="GossipOptions.Validate"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For choices and keys of tables.</param>
    /// <param name="spawner">Runs the loops and the handlers.</param>
    /// <param name="observer">Hears of rejected messages, of faults and of failures; or null.</param>
    /// <param name="key">Signs under <see cref="GossipSignaturePolicy.StrictSign"/>; must be the host's key. Not needed otherwise.</param>
    /// <param name="verifier">Verifies signatures then; null for the default one.</param>
    /// <param name="budget">What peers may send: the host's, so that a new connection is no new budget. Null for one of its own at the default rates.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or there is no key to sign with.</exception>
    public GossipSub(
        IHost host, GossipOptions options, TimeProvider time, IRandomSource random, ISpawner spawner, INetworkObserver? observer = null,
        IdentityKey? key = null, IdentityVerifier? verifier = null, MessageBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        ValidationResult result = options.Validate();
        bool signs = options.SignaturePolicy == GossipSignaturePolicy.StrictSign;
        if (!result.IsValid || (signs && key?.Id != host.Id))
        {
            throw new ArgumentException(result.IsValid ? "Signing takes the key of the host." : result.ToString(), nameof(options));
        }

        (_host, _time, _observer) = (host, time, observer ?? new NullNetworkObserver());
        _options = options with { Scoring = options.Scoring with { ApplicationScore = Guarded(options.Scoring.ApplicationScore) } };
        _tasks = new TaskGroup(spawner, _observer);
        _router = new GossipRouter(host.Id, _options, time, random, budget ?? new MessageBudget(new MessageBudgetOptions(), time));
        _signing = new MessageSigning(key, verifier ?? IdentityVerifier.Create(), random);
        _idOf = GossipMessageIds.Of(options);
        _inboxes = new MessageInboxes(options.Limits, _tasks, JudgeAsync, RoomOf);
        _protocols = GossipProtocols.Offered(options.AllowFloodsub);
    }

    /// <summary>
    /// Raised for a peer that this node might connect to: a direct peer that is not connected, or one that a well-scored peer suggested. Its
    /// record is not checked. Raised from any thread; must return soon and must not throw.
    /// </summary>
    public event Action<GossipPeerSuggestion>? PeerSuggested;

    /// <summary>What gossip has done so far.</summary>
    public GossipStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return _router.State.Counters.Read();
            }
        }
    }

    /// <summary>Serves the protocols, meets the peers that are there and those that come, and begins the heartbeat.</summary>
    /// <exception cref="InvalidOperationException">Started or disposed before, or the host serves the protocols already.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_isStarted || _isStopped)
            {
                throw new InvalidOperationException("Gossip was started or disposed before.");
            }

            _isStarted = true;
        }

        // A peer has one stream; a second one may overlap with it while the first ends.
        StreamHandlerOptions options = new() { MaxInboundPerPeer = 2, Priority = StreamPriority.Urgent };
        foreach (string protocol in _protocols)
        {
            _host.Handle(protocol, ServeAsync, options);
        }

        _host.PeerConnected += OnPeer;
        _host.PeerUpdated += OnPeer;
        _host.PeerDisconnected += OnPeerGone;
        foreach (PeerConnection peer in _host.Peers)
        {
            OnPeer(peer);
        }

        _tasks.TryRun("gossip heartbeat", BeatAsync);
    }

    /// <summary>
    /// Joins a topic. The handler judges each message of peers once: Accept passes it on, Reject charges whoever sent it, Ignore drops it.
    /// Messages of one peer on one topic are handed over one after the other; those of different peers may be at the same time. A handler that
    /// throws has ignored the message.
    /// </summary>
    /// <exception cref="ArgumentException">The topic or an option makes no sense.</exception>
    /// <exception cref="InvalidOperationException">
    /// The topic has a handler, or there are as many topics as a peer may be subscribed to.
    /// </exception>
    public void Subscribe(string topic, GossipTopicOptions options, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>> handler)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(handler);
        CheckTopic(topic);
        ValidationResult result = options.Validate();
        if (!result.IsValid || options.MaxMessageBytes > _options.Limits.MaxRpcBytes - EnvelopeBytes)
        {
            throw new ArgumentException(result.IsValid ? "A message has to fit into an RPC." : result.ToString(), nameof(options));
        }

        lock (_gate)
        {
            if (_handlers.Count == _options.Limits.MaxTopicsPerPeer || !_handlers.TryAdd(topic, handler))
            {
                throw new InvalidOperationException($"Topic '{topic}' has a handler already, or is one too many.");
            }

            _router.Subscribe(topic, options);
            Dispatch();
        }
    }

    /// <summary>Leaves a topic; nothing happens if it has no handler. A message that the handler has at this moment is not passed on.</summary>
    public void Unsubscribe(string topic)
    {
        lock (_gate)
        {
            if (_handlers.Remove(topic))
            {
                _router.Unsubscribe(topic);
                Dispatch();
            }
        }
    }

    /// <summary>
    /// Publishes a message. Its own handler does not see it. Without peers it is kept for some heartbeats and told to those that come.
    /// </summary>
    /// <returns>The number of peers for which it was queued; 0 also for a message that was seen before.</returns>
    /// <exception cref="ArgumentException">The topic makes no sense, or the message is too long for it, or for an RPC.</exception>
    public int Publish(string topic, ReadOnlyMemory<byte> data)
    {
        CheckTopic(topic);
        int most;
        lock (_gate)
        {
            most = _router.State.Topics.TryGetValue(topic, out RouterTopic? known)
                ? known.Options.MaxMessageBytes
                : _options.Limits.MaxRpcBytes - EnvelopeBytes;
        }

        if (data.Length > most)
        {
            throw new ArgumentException($"{data.Length} bytes on '{topic}'; at most {most}.", nameof(data));
        }

        GossipMessage message = _options.SignaturePolicy == GossipSignaturePolicy.StrictSign
            ? _signing.Sign(topic, data.Span)
            : new GossipMessage(topic, data.Span);
        message.Id = _idOf(message);
        lock (_gate)
        {
            int sent = _router.Publish(message);
            Dispatch();
            return sent;
        }
    }

    /// <summary>Meshes and scores as they stand.</summary>
    public GossipSnapshot Snapshot()
    {
        lock (_gate)
        {
            RouterState state = _router.State;
            double graylist = _options.Scoring.GraylistThreshold;
            List<GossipTopicSnapshot> topics =
                [.. state.Topics.Values.Select(topic => new GossipTopicSnapshot(topic.Name, [.. topic.Mesh], [.. state.SubscribersOf(topic.Name)]))];
            List<GossipPeerSnapshot> peers = [];
            foreach (RouterPeer peer in state.Peers.Values)
            {
                GossipPeerScore score = state.Scores.PartsOf(peer.Id);
                peers.Add(new GossipPeerSnapshot(
                    peer.Id, peer.Version, peer.IsOutbound, score, !peer.IsDirect && score.Total < graylist, [.. peer.Topics],
                    _links.TryGetValue(peer.Id, out GossipLink? link) ? link.Queue.Messages : 0));
            }

            return new GossipSnapshot(
                topics, peers, state.Seen.Count, state.Cache.Count, state.Cache.Bytes, state.Backoffs.Count, state.Scores.Retained,
                state.Counters.Read());
        }
    }

    /// <summary>
    /// Waits until meshes, peers or counts are such as a caller needs, for instance until a topic has a mesh before something is published that
    /// nobody repeats. Looked at after every change.
    /// </summary>
    /// <param name="condition">What is waited for. Called with gossip held up, so it must be quick and must not call back.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ObjectDisposedException">Gossip ended before.</exception>
    public async Task WaitForAsync(Func<GossipSnapshot, bool> condition, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Task met;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            met = _waiters.Add(condition, Snapshot(), cancellation);
        }

        await met;
    }

    /// <summary>Ends the loops and waits for them and for the handlers that run. The host goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        GossipLink[] links;
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            _waiters.Close();
            links = [.. _links.Values];
            _links.Clear();
        }

        _host.PeerConnected -= OnPeer;
        _host.PeerUpdated -= OnPeer;
        _host.PeerDisconnected -= OnPeerGone;
        _stop.Cancel();
        foreach (GossipLink link in links)
        {
            link.Stop();
        }

        await _tasks.CompleteAsync();
    }

    private Func<PeerId, double>? Guarded(Func<PeerId, double>? score) => score is null ? null : peer =>
    {
        try
        {
            return score(peer);
        }
        catch (Exception failure)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, "application score", failure));
            return 0;
        }
    };

    private void CheckTopic(string topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        int bytes = System.Text.Encoding.UTF8.GetByteCount(topic);
        if (bytes == 0 || bytes > _options.Limits.MaxTopicBytes)
        {
            throw new ArgumentException($"A topic has 1 to {_options.Limits.MaxTopicBytes} bytes.", nameof(topic));
        }
    }

    private void OnPeer(PeerConnection peer)
    {
        GossipVersion? version = GossipProtocols.BestOf(_protocols, peer.Protocols);
        lock (_gate)
        {
            if (version is null || _isStopped || _links.ContainsKey(peer.Id))
            {
                return;
            }

            GossipLink link = new(peer.Id, _options.Limits);
            _links.Add(peer.Id, link);
            _router.AddPeer(peer.Id, version.Value, !peer.IsInbound, peer.RemoteAddress.IpAddress);
            Dispatch();
            _tasks.TryRun("gossip to peer", () => WriteAsync(link));
        }
    }

    private void OnPeerGone(PeerConnection peer) => Unlink(peer.Id);

    private void Unlink(PeerId peer)
    {
        GossipLink? link;
        lock (_gate)
        {
            if (!_links.Remove(peer, out link))
            {
                return;
            }

            _router.RemovePeer(peer);
            Dispatch();
        }

        link.Stop();
    }

    /// <summary>Writes to one peer until it is gone; opens the stream again when it breaks.</summary>
    private async Task WriteAsync(GossipLink link)
    {
        TimeSpan delay = _options.ReopenDelay;
        byte[] unsent = [];
        bool isFirst = true;
        while (!link.Stopped.IsCancellationRequested)
        {
            try
            {
                await using PeerStream stream = await _host.OpenStreamAsync(link.Peer, _protocols, StreamPriority.Urgent, link.Stopped);
                if (!isFirst)
                {
                    Greet(link);
                }

                (isFirst, delay) = (false, _options.ReopenDelay);
                unsent = await WriteAsync(link, stream, unsent);
            }
            catch (OperationCanceledException) when (link.Stopped.IsCancellationRequested)
            {
                return;
            }
            catch (NetworkException failure)
            {
                _observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, link.Peer, $"gossip: {failure.Message}"));
                if (failure.Error == NetworkError.ProtocolNotSupported)
                {
                    Unlink(link.Peer);
                    return;
                }
            }

            await PauseAsync(delay, link.Stopped);
            delay = delay * 2 < _options.MaxReopenDelay ? delay * 2 : _options.MaxReopenDelay;
        }
    }

    /// <returns>What was not sent when the stream broke.</returns>
    private async ValueTask<byte[]> WriteAsync(GossipLink link, PeerStream stream, byte[] frames)
    {
        using CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(link.Stopped);
        Task watch = WatchAsync(stream, broken);
        bool isOpen = true;
        try
        {
            while (isOpen && !link.Queue.IsOverrun)
            {
                if (frames.Length > 0)
                {
                    await stream.WriteAsync(frames, broken.Token);
                }

                frames = link.Queue.Take();
                isOpen = frames.Length > 0 || await link.Queue.WaitAsync(broken.Token);
            }

            frames = [];
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            if (!link.Stopped.IsCancellationRequested)
            {
                _observer.Observe(new NetworkEvent(NetworkEventKind.StreamFailed, link.Peer, $"gossip to the peer: {failure.Message}"));
            }
        }

        stream.Reset();
        broken.Cancel();
        await watch;
        return frames;
    }

    /// <summary>Notices that the peer has reset the stream, on which it never writes.</summary>
    private static async Task WatchAsync(PeerStream stream, CancellationTokenSource broken)
    {
        byte[] nothing = new byte[1];
        try
        {
            // A peer may close its half at once: that is no failure.
            await stream.ReadAsync(nothing, broken.Token);
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            broken.Cancel();
        }
    }

    private async ValueTask PauseAsync(TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, _time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller's loop sees it.
        }
    }

    /// <summary>A stream begins anew: the peer is told again what it may not have heard.</summary>
    private void Greet(GossipLink link)
    {
        lock (_gate)
        {
            link.Queue.Clear();
            _router.Greet(link.Peer);
            Dispatch();
        }
    }

    private async Task ServeAsync(PeerStream stream, CancellationToken cancellation)
    {
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        using GossipFrameReader reader = new(stream, _options.Limits.MaxRpcBytes);
        try
        {
            while (await reader.ReadAsync(ends.Token) is { } frame)
            {
                Take(stream.Peer, frame);
            }

            await stream.CloseAsync();
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            stream.Reset();
        }
        catch (NetworkException failure) when (failure.Error == NetworkError.ProtocolViolation)
        {
            _host.Punish(stream.Peer, failure.Message);
            throw;
        }
    }

    private void Take(PeerId peer, ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            if (!_router.Admits(peer, frame.Length))
            {
                return;
            }
        }

        ValidationResult result = GossipRpcCodec.TryDecode(frame.Span, _options.Limits, out GossipRpc? rpc);
        if (rpc is null)
        {
            lock (_gate)
            {
                _router.State.Counters.RpcsMalformed++;
            }

            throw new NetworkException(NetworkError.ProtocolViolation, $"malformed RPC of gossip: {result}");
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            Prepare(message);
        }

        RouterOutput output;
        lock (_gate)
        {
            _router.Receive(peer, rpc);
            if (rpc.IDontWant.Count > 0 && _links.TryGetValue(peer, out GossipLink? link))
            {
                _router.State.Counters.Suppressed += link.Queue.Cancel(rpc.IDontWant);
            }

            output = Dispatch();
        }

        Suggest(output);
    }

    /// <summary>Does what costs time, hashing and verifying, before the lock is taken.</summary>
    private void Prepare(GossipMessage message)
    {
        lock (_gate)
        {
            if (!_router.IsWanted(message))
            {
                return;
            }
        }

        message.Id = _idOf(message);
        if (_options.SignaturePolicy != GossipSignaturePolicy.StrictSign)
        {
            return;
        }

        lock (_gate)
        {
            if (_router.State.Seen.TryGet(message.Id, out _))
            {
                return;
            }
        }

        message.IsVerified = _signing.Verify(message);
    }

    private InboxRoom RoomOf(string topic)
    {
        lock (_gate)
        {
            GossipTopicOptions rules = _router.State.Topics.TryGetValue(topic, out RouterTopic? known) ? known.Options : new GossipTopicOptions();
            return new InboxRoom(
                rules.HandledAtOnce, rules.InboxBytes ?? _options.Limits.InboxBytes, _options.Limits.TotalInboxBytes / Math.Max(1, _router.State.Topics.Count));
        }
    }

    private async ValueTask JudgeAsync(PendingMessage pending)
    {
        Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>>? handler;
        lock (_gate)
        {
            _router.State.Counters.Delivered++;
            handler = _isStopped ? null : _handlers.GetValueOrDefault(pending.Message.Topic);
        }

        GossipVerdict verdict = GossipVerdict.Ignore;
        try
        {
            verdict = handler is null ? GossipVerdict.Ignore : await handler(pending.Peer, pending.Message.Data);
        }
        catch (Exception failure)
        {
            // The host's failure is not the peer's fault.
            _observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, pending.Peer, pending.Message.Topic, failure));
        }

        if (verdict == GossipVerdict.Reject)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.GossipRejected, pending.Peer, pending.Message.Topic));
        }

        lock (_gate)
        {
            _router.Judge(pending.Id, verdict);
            Dispatch();
        }
    }

    private async Task BeatAsync()
    {
        await PauseAsync(_options.FirstHeartbeat, _stop.Token);
        while (!_stop.IsCancellationRequested)
        {
            RouterOutput output;
            lock (_gate)
            {
                _router.OnHeartbeat();
                output = Dispatch();
            }

            foreach ((PeerId peer, string detail) in output.Faults)
            {
                _host.Punish(peer, detail);
            }

            Suggest(output);
            await PauseAsync(_options.Heartbeat, _stop.Token);
        }
    }

    private void Suggest(RouterOutput output)
    {
        foreach (GossipPeerSuggestion suggestion in output.Suggestions)
        {
            PeerSuggested?.Invoke(suggestion);
        }
    }

    /// <summary>Queues what the router says; with the lock held, so that what two inputs say to one peer arrives in their order.</summary>
    private RouterOutput Dispatch()
    {
        RouterOutput output = _router.TakeOutput();
        foreach ((PeerId peer, RpcBuilder rpc) in output.Rpcs)
        {
            if (_links.TryGetValue(peer, out GossipLink? link))
            {
                _router.State.Counters.DroppedOutbound += link.Queue.Add(rpc);
            }
        }

        foreach (PendingMessage pending in output.Pending)
        {
            if (!_inboxes.TryAdd(pending))
            {
                _router.Drop(pending.Id);
            }
        }

        if (_waiters.Any)
        {
            _waiters.Look(Snapshot());
        }

        return output;
    }
}
