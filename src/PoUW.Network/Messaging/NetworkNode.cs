using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;
using PoUW.Network.Telemetry;
using PoUW.Network.Transports;

namespace PoUW.Network.Messaging;

/// <summary>
/// A node of the network: connections with admitted peers, gossip on topics, requests. Payloads are opaque bytes. Peers are not trusted: all that
/// they send is bounded by the options. Members may be called from any thread. Handlers run concurrently for different peers, must come
/// to an end, and may call the node except for <see cref="DisposeAsync"/>.
/// </summary>
public sealed class NetworkNode : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly NetworkOptions _options;
    private readonly IdentityKey? _ownIdentity;
    private readonly NodeSecurity _security;
    private readonly MeteredTransport _transport;
    private readonly Host _host;
    private readonly GossipSub _gossip;
    private readonly RequestService _requests;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<PeerId, double>? _applicationScore;
    private bool _disposed;

    /// <summary>Makes a node that neither listens nor dials yet.</summary>
    /// <param name="transport">Carries the bytes. Connections are secured as <see cref="NetworkOptions.Security"/> says: TLS on real transports.</param>
    /// <param name="networkId">The hash of the genesis block: only peers with the same one are admitted.</param>
    /// <param name="options">All limits.</param>
    /// <param name="time">Every deadline is on this clock.</param>
    /// <param name="spawner">Starts all background work.</param>
    /// <param name="random">Random bytes; makes the node's key too unless <paramref name="identity"/> is one.</param>
    /// <param name="authorizer">Admits peers.</param>
    /// <param name="observer">Hears what happens.</param>
    /// <param name="identity">The key that proves this node's id, which stays the caller's; null for a new one that lives as long as the node.</param>
    /// <param name="stake">This node's binding to a staking account, and how those of peers are checked; null for none.</param>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="NetworkOptions.Validate"/>.</exception>
    public NetworkNode(
        ITransport transport, Hash256 networkId, NetworkOptions options, TimeProvider time, ISpawner spawner, IRandomSource random,
        IPeerAuthorizer authorizer, INetworkObserver observer, IdentityKey? identity = null, NodeStake? stake = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        _options = options;
        Time = time;
        NetworkId = networkId;
        _ownIdentity = identity is null ? IdentityKey.Generate(random) : null;
        IdentityKey key = identity ?? _ownIdentity!;
        _security = new NodeSecurity(options, time);
        _transport = new MeteredTransport(transport);
        _host = new Host(new HostSetup
        {
            Identity = key,
            Transports = [new HostTransport(_transport, _security.For(transport, key))],
            Muxers = [new YamuxMuxerFactory(options.Yamux, time, spawner)],
            Options = options.Host,
            SignsPeerRecord = !_security.IsPlain(transport),
            Time = time,
            Spawner = spawner,
            Random = random,
            Guards = new NetworkGuards(options.Guards, time, random, options.Gater),
            Observer = observer,
            Hello = (stake ?? NodeStake.None).ToHello(networkId, authorizer),
        });
        _requests = new RequestService(_host, networkId, options.Requests, time, observer);
        GossipOptions gossip = options.Gossip with
        {
            PeerRecords = options.Gossip.PeerRecords ?? _host.RecordOf,
            Scoring = options.Gossip.Scoring with { ApplicationScore = peer => ApplicationScore?.Invoke(peer) ?? 0 },
        };
        _gossip = new GossipSub(_host, gossip, time, random, spawner, observer, key, budget: _host.Guards.Messages);
        _gossip.Start();
        _host.Admitted += peer => PeerConnected?.Invoke(peer);
        _host.Left += (peer, reason) => PeerDisconnected?.Invoke(peer, reason);
    }

    /// <summary>Raised when a peer is admitted, before anything of it is handled. Must return soon.</summary>
    public event Action<PeerDescription>? PeerConnected;

    /// <summary>Raised when the connection with a peer has ended, with the reason of the side that ended it. Must return soon.</summary>
    public event Action<PeerDescription, CloseReason>? PeerDisconnected;

    /// <summary>This node's id.</summary>
    public PeerId Id => _host.Id;

    /// <summary>The hash of the genesis block.</summary>
    public Hash256 NetworkId { get; }

    /// <summary>The limits.</summary>
    public NetworkOptions Options => _options;

    /// <summary>The connections below, for protocols of their own.</summary>
    public Host Host => _host;

    /// <summary>The gossip below, for its state.</summary>
    public GossipSub Gossip => _gossip;

    /// <summary>
    /// What the application thinks of a peer, such as its stake and proven work: the part P5 of its score in gossip. Asked often, from any thread;
    /// must return soon. Null for no opinion.
    /// </summary>
    public Func<PeerId, double>? ApplicationScore
    {
        get => Volatile.Read(ref _applicationScore);
        set => Volatile.Write(ref _applicationScore, value);
    }

    /// <summary>The admitted peers, in the order of their ids.</summary>
    public IReadOnlyList<PeerDescription> Peers => _host.Descriptions;

    /// <summary>Counts since the node was made.</summary>
    public NetworkStatistics Statistics
    {
        get
        {
            GossipStatistics gossip = _gossip.Statistics;
            return new NetworkStatistics(
                _transport.BytesSent, _transport.BytesReceived, gossip.Delivered, gossip.Duplicates, gossip.Rejected,
                gossip.DroppedInbound + gossip.Unsubscribed, gossip.DroppedOutbound, _requests.Served, _requests.Refused);
        }
    }

    /// <summary>Accepts connections at an address, from now until the node is disposed.</summary>
    /// <returns>The address to dial, with the port that the system picked.</returns>
    /// <exception cref="NetworkException">The address is in use or not valid.</exception>
    public ValueTask<Multiaddr> ListenAsync(Multiaddr address, CancellationToken cancellation = default) => _host.ListenAsync(address, cancellation);

    /// <summary>
    /// Dials a node and waits until both sides have admitted each other. Cancelling ends the attempt, not a connection that was made.
    /// </summary>
    /// <param name="address">Where it listens; if it names a peer, no other one is accepted there.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public ValueTask<ConnectResult> ConnectAsync(Multiaddr address, CancellationToken cancellation = default) => _host.DialAsync(address, cancellation);

    /// <summary>
    /// Ends the connection with a peer, if there is one, and waits until it has ended. A handshake under way is not ended: there is a
    /// connection from <see cref="PeerConnected"/> on, which the two sides reach one after the other.
    /// </summary>
    public ValueTask DisconnectAsync(PeerId peer) => _host.DisconnectAsync(peer);

    /// <summary>
    /// Handles a topic. The handler gets each message once, whoever sent it, and judges it: Accept forwards it, Reject counts against the
    /// sender, Ignore drops it. The memory belongs to the handler and is never reused. Topics without a handler are not forwarded.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="handler">Judges messages; a failure is taken as Ignore.</param>
    /// <param name="options">Rules of the topic; null for <see cref="NetworkOptions.MaxGossipBytes"/> and the usual scores.</param>
    /// <exception cref="InvalidOperationException">The topic has a handler.</exception>
    public void Subscribe(string topic, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipVerdict>> handler, GossipTopicOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        SubscribeWithOutcome(topic, async (peer, message) => await handler(peer, message), options);
    }

    /// <summary>The same, for handlers that tell whether it was the sender for whom they ignored a message.</summary>
    internal void SubscribeWithOutcome(
        string topic, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>> handler, GossipTopicOptions? options = null)
    {
        RequestNames.ThrowIfInvalid(topic);
        GossipTopicOptions rules = options ?? new GossipTopicOptions { MaxMessageBytes = _options.MaxGossipBytes };
        _gossip.SubscribeWithOutcome(topic, rules, (peer, message) => JudgeAsync(topic, peer, message, handler));
    }

    /// <summary>
    /// Sends a message to peers; it never waits for a slow one. The bytes are copied. The own handler is not asked.
    /// </summary>
    /// <returns>The number of peers it was queued for; 0 for a message that was seen or published before, or once the node is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The message is longer than <see cref="NetworkOptions.MaxGossipBytes"/>.</exception>
    public ValueTask<int> PublishAsync(string topic, ReadOnlyMemory<byte> message)
    {
        RequestNames.ThrowIfInvalid(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(message.Length, _options.MaxGossipBytes, nameof(message));
        if (Stopping.IsCancellationRequested)
        {
            return ValueTask.FromResult(0);
        }

        NetworkMetrics.GossipPublished.Add(1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, _options.Host.Node), NetworkMetrics.Tag("topic", topic));
        return ValueTask.FromResult(_gossip.Publish(topic, message));
    }

    /// <summary>
    /// Serves a protocol. The handler returns the response, which must not change afterwards, or null for "not found"; its token is
    /// cancelled when the requester went away. Requests of one peer are served concurrently.
    /// </summary>
    /// <param name="protocol">The name; the stream protocol is <see cref="RequestNames.ProtocolOf"/> of it.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="priority">How answers are scheduled: <see cref="StreamPriority.Bulk"/> for long ones that nobody waits for.</param>
    /// <param name="kind">Under which of a peer's budgets the requests are counted.</param>
    /// <exception cref="InvalidOperationException">The protocol has a handler.</exception>
    public void Serve(
        string protocol, Func<PeerId, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>?>> handler,
        StreamPriority priority = StreamPriority.Normal, MessageKind kind = MessageKind.Request)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _requests.Serve(protocol, new RequestHandler(handler), priority, kind);
    }

    /// <summary>Asks a peer and waits for the answer. The timeout includes the wait for a free place among the peer's requests.</summary>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public ValueTask<RequestResult> RequestAsync(
        PeerId peer, string protocol, ReadOnlyMemory<byte> request, TimeSpan timeout, CancellationToken cancellation = default,
        StreamPriority priority = StreamPriority.Normal) =>
        _requests.RequestAsync(peer, protocol, request, timeout, priority, cancellation);

    /// <summary>Counts a fault against a peer; after <see cref="HostOptions.FaultsBeforeBan"/> of them it is banned for a while.</summary>
    /// <param name="peer">The peer that did it.</param>
    /// <param name="detail">What it did, for people.</param>
    public void Punish(PeerId peer, string detail) => _host.Punish(peer, detail);

    /// <summary>Tells the peers, ends all connections and listeners, and waits until every task of the node and every handler ended.</summary>
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

        // The host first: it tells the peers why they lose their streams.
        await _host.DisposeAsync();
        await _gossip.DisposeAsync();
        _security.Dispose();
        _ownIdentity?.Dispose();
        _stopped.SetResult();
    }

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Cancelled when the node stops.</summary>
    internal CancellationToken Stopping => _host.Stopping;

    /// <summary>Runs work that the node waits for when it stops.</summary>
    /// <returns>False if the node stopped.</returns>
    internal bool TryRun(string name, Func<Task> work) => _host.TryRun(name, work);

    private async ValueTask<GossipOutcome> JudgeAsync(
        string topic, PeerId peer, ReadOnlyMemory<byte> message, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>> handler)
    {
        GossipOutcome outcome = await handler(peer, message);
        NetworkMetrics.GossipJudged.Add(
            1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, _options.Host.Node), NetworkMetrics.Tag("topic", topic),
            NetworkMetrics.Tag("verdict", outcome.Verdict.ToString()));
        if (outcome.Verdict == GossipVerdict.Reject)
        {
            // Beside its score, which fades: whoever passes on what every node rejects has not looked at it.
            Punish(peer, $"rejected message on '{topic}'");
        }

        return outcome;
    }
}
