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

    private readonly IHost _host;
    private readonly GossipOptions _options;
    private readonly TimeProvider _time;
    private readonly INetworkObserver _observer;
    private readonly TaskGroup _tasks;
    private readonly MessageSigning _signing;
    private readonly Func<GossipMessage, GossipMessageId> _idOf;
    private readonly GossipEngine _engine;
    private readonly GossipReader _reader;
    private readonly GossipWriter _writer;
    private readonly IReadOnlyList<string> _protocols;
    private readonly CancellationTokenSource _stop = new();
    private int _begun;

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
        _signing = new MessageSigning(key, verifier ?? IdentityVerifier.Create(), random);
        _idOf = GossipMessageIds.Of(options);
        _protocols = GossipProtocols.Offered(options.AllowFloodsub);
        GossipRouter router = new(host.Id, _options, time, random, budget ?? new MessageBudget(new MessageBudgetOptions(), time));
        _engine = new GossipEngine(router, _options, _tasks, _observer);
        _reader = new GossipReader(host, _engine, _options, _signing, Suggest, _stop.Token);
        _writer = new GossipWriter(host, _protocols, _engine, _options, time, _observer);
    }

    /// <summary>
    /// Raised for a peer that this node might connect to: a direct peer that is not connected, or one that a well-scored peer suggested. Its
    /// record is not checked. Raised from any thread; must return soon and must not throw.
    /// </summary>
    public event Action<GossipPeerSuggestion>? PeerSuggested;

    /// <summary>What gossip has done so far.</summary>
    public GossipStatistics Statistics => _engine.Statistics;

    /// <summary>Serves the protocols, meets the peers that are there and those that come, and begins the heartbeat.</summary>
    /// <exception cref="InvalidOperationException">Started or disposed before, or the host serves the protocols already.</exception>
    public void Start()
    {
        if (_stop.IsCancellationRequested || Interlocked.Exchange(ref _begun, 1) != 0)
        {
            throw new InvalidOperationException("Gossip was started or disposed before.");
        }

        // A peer has one stream; a second one may overlap with it while the first ends.
        StreamHandlerOptions options = new() { MaxInboundPerPeer = 2, Priority = StreamPriority.Urgent };
        foreach (string protocol in _protocols)
        {
            _host.Handle(protocol, _reader.ServeAsync, options);
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
        ArgumentNullException.ThrowIfNull(handler);
        SubscribeWithOutcome(topic, options, async (peer, message) => await handler(peer, message));
    }

    /// <summary>The same, for handlers that tell whether it was the sender for whom they ignored a message.</summary>
    internal void SubscribeWithOutcome(string topic, GossipTopicOptions options, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>> handler)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckTopic(topic);
        ValidationResult result = options.Validate();
        if (!result.IsValid || options.MaxMessageBytes > _options.Limits.MaxRpcBytes - EnvelopeBytes)
        {
            throw new ArgumentException(result.IsValid ? "A message has to fit into an RPC." : result.ToString(), nameof(options));
        }

        if (!_engine.TrySubscribe(topic, options, handler))
        {
            throw new InvalidOperationException($"Topic '{topic}' has a handler already, or is one too many.");
        }
    }

    /// <summary>Leaves a topic; nothing happens if it has no handler. A message that the handler has at this moment is not passed on.</summary>
    public void Unsubscribe(string topic) => _engine.Unsubscribe(topic);

    /// <summary>
    /// Publishes a message. Its own handler does not see it. Without peers it is kept for some heartbeats and told to those that come.
    /// </summary>
    /// <returns>The number of peers for which it was queued; 0 also for a message that was seen before.</returns>
    /// <exception cref="ArgumentException">The topic makes no sense, or the message is too long for it, or for an RPC.</exception>
    public int Publish(string topic, ReadOnlyMemory<byte> data)
    {
        CheckTopic(topic);
        int most = _engine.RulesOf(topic)?.MaxMessageBytes ?? _options.Limits.MaxRpcBytes - EnvelopeBytes;
        if (data.Length > most)
        {
            throw new ArgumentException($"{data.Length} bytes on '{topic}'; at most {most}.", nameof(data));
        }

        GossipMessage message = _options.SignaturePolicy == GossipSignaturePolicy.StrictSign
            ? _signing.Sign(topic, data.Span)
            : new GossipMessage(topic, data.Span);
        message.Id = _idOf(message);
        return _engine.Publish(message);
    }

    /// <summary>Meshes and scores as they stand.</summary>
    public GossipSnapshot Snapshot() => _engine.Snapshot();

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
        await _engine.WaitForAsync(condition, cancellation);
    }

    /// <summary>Ends the loops and waits for them and for the handlers that run. The host goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_engine.Close())
        {
            return;
        }

        _host.PeerConnected -= OnPeer;
        _host.PeerUpdated -= OnPeer;
        _host.PeerDisconnected -= OnPeerGone;
        _stop.Cancel();
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
        if (GossipProtocols.BestOf(_protocols, peer.Protocols) is { } version && _engine.TryAddPeer(peer, version) is { } link)
        {
            _tasks.TryRun("gossip to peer", () => _writer.WriteAsync(link));

            // The host tells of a peer on one thread and of its end on another: what was added after its end, nobody else would remove.
            if (!_host.Peers.Any(connected => connected.Id == peer.Id))
            {
                _engine.RemovePeer(peer.Id);
            }
        }
    }

    private void OnPeerGone(PeerConnection peer) => _engine.RemovePeer(peer.Id);

    private async Task BeatAsync()
    {
        await Pauses.PauseAsync(_options.FirstHeartbeat, _time, _stop.Token);
        while (!_stop.IsCancellationRequested)
        {
            RouterOutput output = _engine.Beat();
            foreach ((PeerId peer, string detail) in output.Faults)
            {
                _host.Punish(peer, detail);
            }

            Suggest(output);
            await Pauses.PauseAsync(_options.Heartbeat, _time, _stop.Token);
        }
    }

    private void Suggest(RouterOutput output)
    {
        foreach (GossipPeerSuggestion suggestion in output.Suggestions)
        {
            PeerSuggested?.Invoke(suggestion);
        }
    }
}
