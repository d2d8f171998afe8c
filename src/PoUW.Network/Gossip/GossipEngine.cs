using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// The router under its lock, with what it speaks to: the queues of peers, the inboxes of handlers, callers that wait. What costs time is done outside
/// the lock, by the callers. Any thread.
/// </summary>
internal sealed class GossipEngine
{
    private readonly Lock _gate = new();
    private readonly GossipRouter _router;
    private readonly GossipOptions _options;
    private readonly INetworkObserver _observer;
    private readonly MessageInboxes _inboxes;
    private readonly Dictionary<string, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>>> _handlers = [];
    private readonly SortedDictionary<PeerId, GossipLink> _links = [];
    private readonly GossipWaiters _waiters = new();
    private bool _isClosed;

    /// <param name="router">Not used by anybody else.</param>
    /// <param name="options">Parameters.</param>
    /// <param name="tasks">Runs the handlers.</param>
    /// <param name="observer">Hears of rejected messages and of handlers that fail.</param>
    public GossipEngine(GossipRouter router, GossipOptions options, TaskGroup tasks, INetworkObserver observer)
    {
        (_router, _options, _observer) = (router, options, observer);
        _inboxes = new MessageInboxes(options.Limits, tasks, JudgeAsync, RoomOf);
    }

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

    /// <returns>False if the topic has a handler, or is one too many.</returns>
    public bool TrySubscribe(string topic, GossipTopicOptions options, Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>> handler)
    {
        lock (_gate)
        {
            if (_handlers.Count == _options.Limits.MaxTopicsPerPeer || !_handlers.TryAdd(topic, handler))
            {
                return false;
            }

            _router.Subscribe(topic, options);
            Dispatch();
            return true;
        }
    }

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

    /// <summary>The rules of a topic; null if this node is not subscribed to it.</summary>
    public GossipTopicOptions? RulesOf(string topic)
    {
        lock (_gate)
        {
            return _router.State.Topics.TryGetValue(topic, out RouterTopic? known) ? known.Options : null;
        }
    }

    /// <returns>The number of peers for which it was queued.</returns>
    public int Publish(GossipMessage message)
    {
        lock (_gate)
        {
            int sent = _router.Publish(message);
            Dispatch();
            return sent;
        }
    }

    /// <summary>A peer is there.</summary>
    /// <returns>What is written to it from now on; null if it was there before, or gossip is closed.</returns>
    public GossipLink? TryAddPeer(PeerConnection peer, GossipVersion version)
    {
        lock (_gate)
        {
            if (_isClosed || _links.ContainsKey(peer.Id))
            {
                return null;
            }

            GossipLink link = new(peer.Id, _options.Limits);
            _links.Add(peer.Id, link);
            _router.AddPeer(peer.Id, version, !peer.IsInbound, peer.RemoteAddress.IpAddress);
            Dispatch();
            return link;
        }
    }

    /// <summary>A peer is gone.</summary>
    public void RemovePeer(PeerId peer)
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

    /// <summary>A stream begins anew: the peer is told again what it may not have heard.</summary>
    public void Greet(GossipLink link)
    {
        lock (_gate)
        {
            link.Queue.Clear();
            _router.Greet(link.Peer);
            Dispatch();
        }
    }

    /// <summary>Whether an RPC of a peer is to be decoded.</summary>
    public bool Admits(PeerId peer, int bytes)
    {
        lock (_gate)
        {
            return _router.Admits(peer, bytes);
        }
    }

    /// <summary>Charges a peer for the messages of an RPC, before any work is done for them.</summary>
    public void Charge(PeerId peer, GossipRpc rpc)
    {
        lock (_gate)
        {
            _router.Charge(peer, rpc);
        }
    }

    public void CountMalformed()
    {
        lock (_gate)
        {
            _router.State.Counters.RpcsMalformed++;
        }
    }

    /// <summary>True if the envelope of a message keeps the rules, so that its id is worth deriving.</summary>
    public bool IsWanted(GossipMessage message)
    {
        lock (_gate)
        {
            return _router.IsWanted(message);
        }
    }

    public bool IsSeen(GossipMessageId id)
    {
        lock (_gate)
        {
            return _router.State.Seen.TryGet(id, out _);
        }
    }

    /// <summary>A peer sent an RPC that <see cref="Admits"/> let pass.</summary>
    public RouterOutput Receive(PeerId peer, GossipRpc rpc)
    {
        lock (_gate)
        {
            _router.Receive(peer, rpc);
            if (rpc.IDontWant.Count > 0 && _links.TryGetValue(peer, out GossipLink? link))
            {
                _router.State.Counters.Suppressed += link.Queue.Cancel(rpc.IDontWant);
            }

            return Dispatch();
        }
    }

    /// <summary>Once an interval.</summary>
    public RouterOutput Beat()
    {
        lock (_gate)
        {
            _router.OnHeartbeat();
            return Dispatch();
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

    /// <summary>See <see cref="GossipSub.WaitForAsync"/>.</summary>
    public Task WaitForAsync(Func<GossipSnapshot, bool> condition, CancellationToken cancellation)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(GossipSub));
            return _waiters.Add(condition, Snapshot(), cancellation);
        }
    }

    /// <summary>Ends what is written to peers. From now on no peer comes, and no handler is asked.</summary>
    /// <returns>False if it was closed before.</returns>
    public bool Close()
    {
        GossipLink[] links;
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _isClosed = true;
            _waiters.Close();
            links = [.. _links.Values];
            _links.Clear();
        }

        foreach (GossipLink link in links)
        {
            link.Stop();
        }

        return true;
    }

    private InboxRoom RoomOf(string topic)
    {
        lock (_gate)
        {
            GossipTopicOptions rules = RulesOf(topic) ?? new GossipTopicOptions();
            return new InboxRoom(
                rules.HandledAtOnce, rules.InboxBytes ?? _options.Limits.InboxBytes, _options.Limits.TotalInboxBytes / Math.Max(1, _router.State.Topics.Count));
        }
    }

    private async ValueTask JudgeAsync(PendingMessage pending)
    {
        Func<PeerId, ReadOnlyMemory<byte>, ValueTask<GossipOutcome>>? handler;
        lock (_gate)
        {
            _router.State.Counters.Delivered++;
            handler = _isClosed ? null : _handlers.GetValueOrDefault(pending.Message.Topic);
        }

        GossipOutcome outcome = GossipVerdict.Ignore;
        try
        {
            outcome = handler is null ? GossipVerdict.Ignore : await handler(pending.Peer, pending.Message.Data);
        }
        catch (Exception failure)
        {
            // The host's failure is not the peer's fault.
            _observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, pending.Peer, pending.Message.Topic, failure));
        }

        if (outcome.Verdict == GossipVerdict.Reject)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.GossipRejected, pending.Peer, pending.Message.Topic));
        }

        lock (_gate)
        {
            _router.Judge(pending.Id, outcome);
            Dispatch();
        }
    }

    /// <summary>Queues what the router says; with the lock held, so that what two inputs say to one peer arrives in their order.</summary>
    private RouterOutput Dispatch()
    {
        RouterOutput output = _router.TakeOutput();
        foreach (PendingMessage pending in output.Pending)
        {
            if (!_inboxes.TryAdd(pending))
            {
                // It may come again, so nobody is told not to send it.
                _router.Drop(pending.Id);
                output.TakeBack(pending.Id);
            }
        }

        foreach ((PeerId peer, RpcBuilder rpc) in output.Rpcs)
        {
            if (_links.TryGetValue(peer, out GossipLink? link))
            {
                _router.State.Counters.DroppedOutbound += link.Queue.Add(rpc);
            }
        }

        if (_waiters.Any)
        {
            _waiters.Look(Snapshot());
        }

        return output;
    }
}
