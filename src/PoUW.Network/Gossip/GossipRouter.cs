using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Gossipsub without its streams (libp2p specification, gossipsub 1.0 to 1.2): it is told what happens and says what is to be done, in
/// <see cref="TakeOutput"/>. Time and randomness are injected; with the same inputs it says the same. Not thread-safe.
/// </summary>
internal sealed class GossipRouter
{
    private readonly RouterState _state;
    private readonly MeshKeeper _meshes;
    private readonly ControlHandler _control;
    private readonly Func<GossipMessage, GossipMessageId> _idOf;

    public GossipRouter(PeerId self, GossipOptions options, TimeProvider time, IRandomSource random, MessageBudget budget)
    {
        _state = new RouterState(self, options, time, random, budget);
        _meshes = new MeshKeeper(_state);
        _control = new ControlHandler(_state);
        _idOf = GossipMessageIds.Of(options);
    }

    public RouterState State => _state;

    /// <summary>What follows from the inputs since the last call.</summary>
    public RouterOutput TakeOutput()
    {
        RouterOutput output = _state.Output;
        _state.Output = new RouterOutput();
        return output;
    }

    /// <summary>A peer is there; it is told this node's subscriptions.</summary>
    public void AddPeer(PeerId id, GossipVersion version, bool isOutbound, IPAddress? address)
    {
        RemovePeer(id);
        RouterPeer peer = new(id, version, isOutbound, _state.Direct.Contains(id), _state.Comparer);
        _state.Peers.Add(id, peer);
        _state.Scores.Add(id, address);
        Greet(id);
    }

    /// <summary>A peer is gone.</summary>
    public void RemovePeer(PeerId id)
    {
        if (!_state.Peers.Remove(id, out RouterPeer? peer))
        {
            return;
        }

        foreach (string topic in peer.Topics)
        {
            RemoveSubscriber(topic, id);
        }

        foreach (RouterTopic topic in _state.Topics.Values)
        {
            _state.RemoveFromMesh(topic, id);
        }

        foreach (RouterFanout fanout in _state.Fanout.Values)
        {
            fanout.Peers.Remove(id);
        }

        _state.Promises.Forget(id);
        _state.Scores.Remove(id, _state.Now);
        _state.Output.Rpcs.Remove(id);
    }

    /// <summary>This node joins a topic.</summary>
    public void Subscribe(string name, GossipTopicOptions options)
    {
        RouterTopic topic = new(name, options);
        _state.Topics.Add(name, topic);
        _state.Scores.SetTopic(name, options.Score);
        Announce(name, isSubscribed: true);
        IEnumerable<PeerId> former = _state.Fanout.Remove(name, out RouterFanout? fanout) ? fanout.Peers : [];
        foreach (PeerId peer in former.Where(peer => IsGraftable(name, peer)))
        {
            _state.Graft(topic, _state.Peers[peer]);
        }

        foreach (RouterPeer peer in _state.Choose(
            name, _state.Options.Degree - topic.Mesh.Count, peer => !topic.Mesh.Contains(peer.Id) && IsGraftable(name, peer.Id)))
        {
            _state.Graft(topic, peer);
        }
    }

    /// <summary>This node leaves a topic.</summary>
    public void Unsubscribe(string name)
    {
        if (!_state.Topics.Remove(name, out RouterTopic? topic))
        {
            return;
        }

        Announce(name, isSubscribed: false);
        foreach (PeerId peer in topic.Mesh.ToArray())
        {
            _state.RemoveFromMesh(topic, peer);
            _state.SendPrune(name, peer, _state.Options.UnsubscribeBackoff, withPeers: false);
        }
    }

    /// <summary>Whether an RPC of a peer is to be decoded: not if the peer is graylisted or sends more than its budget.</summary>
    public bool Admits(PeerId id, int bytes)
    {
        if (!_state.Peers.TryGetValue(id, out RouterPeer? peer))
        {
            return false;
        }

        if (!peer.IsDirect && _state.Scores.Of(id) < _state.Options.Scoring.GraylistThreshold)
        {
            peer.SentWhileGraylisted = true;
            _state.Counters.RpcsGraylisted++;

            // What is not read cannot keep a promise.
            _state.Promises.Forget(id);
            return false;
        }

        // What the RPC carries is counted when it is known.
        return Spend(peer, MessageKind.Gossip, bytes, messages: 0);
    }

    /// <summary>True if the envelope of the message keeps the rules, so that its id is worth deriving.</summary>
    public bool IsWanted(GossipMessage message) =>
        _state.Topics.TryGetValue(message.Topic, out RouterTopic? topic)
        && message.Data.Length <= topic.Options.MaxMessageBytes
        && FitsPolicy(message);

    /// <summary>The stream to a peer begins anew: it is told again what it may not have heard.</summary>
    public void Greet(PeerId id)
    {
        if (!_state.Peers.ContainsKey(id) || _state.Topics.Count == 0)
        {
            return;
        }

        RpcBuilder rpc = _state.Output.To(id);
        rpc.Subscriptions.AddRange(_state.Topics.Keys.Select(static topic => new GossipSubscription(topic, true)));
        rpc.Graft.AddRange(_state.Topics.Values.Where(topic => topic.Mesh.Contains(id)).Select(static topic => topic.Name));
    }

    /// <summary>A peer sent an RPC that <see cref="Admits"/> let pass.</summary>
    public void Receive(PeerId id, GossipRpc rpc)
    {
        if (!_state.Peers.TryGetValue(id, out RouterPeer? peer))
        {
            return;
        }

        _state.Counters.RpcsReceived++;
        if (IsUpkeep(peer, rpc) && !Spend(peer, MessageKind.Control, 0, messages: 1))
        {
            return;
        }

        foreach (GossipSubscription subscription in rpc.Subscriptions)
        {
            OnSubscription(peer, subscription);
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            OnMessage(peer, message);
        }

        _control.Handle(peer, rpc);
    }

    /// <summary>This node publishes.</summary>
    /// <returns>The number of peers that it is sent to; 0 also if it was seen before.</returns>
    public int Publish(GossipMessage message)
    {
        GossipMessageId id = IdOf(message);
        if (_state.Seen.TryGet(id, out _))
        {
            return 0;
        }

        SeenMessage seen = _state.Seen.Add(id, message.Topic, _state.Now);
        (seen.State, seen.ValidSince) = (MessageState.Valid, _state.Now);
        _state.Cache.Add(id, message);
        _state.Counters.Published++;
        int sent = 0;
        foreach (PeerId peer in TargetsOf(message.Topic))
        {
            sent += TrySend(peer, id, message) ? 1 : 0;
        }

        return sent;
    }

    /// <summary>The handler has judged a pending message.</summary>
    public void Judge(GossipMessageId id, GossipVerdict verdict)
    {
        if (!_state.Seen.TryGet(id, out SeenMessage? seen) || seen.State != MessageState.Pending)
        {
            return;
        }

        GossipMessage message = seen.Message!;
        seen.Message = null;
        switch (verdict)
        {
            case GossipVerdict.Accept:
                Accept(seen, message);
                break;
            case GossipVerdict.Reject:
                seen.State = MessageState.Invalid;
                _state.Counters.Rejected++;
                seen.Senders.ForEach(peer => _state.Scores.Invalid(peer, seen.Topic));
                break;
            default:
                seen.State = MessageState.Ignored;
                _state.Counters.Ignored++;
                break;
        }
    }

    /// <summary>A pending message could not be given to its handler: it may come again.</summary>
    public void Drop(GossipMessageId id)
    {
        if (_state.Seen.TryGet(id, out SeenMessage? seen) && seen.State == MessageState.Pending)
        {
            _state.Seen.Remove(id);
            _state.Counters.DroppedInbound++;
        }
    }

    /// <summary>Once an interval.</summary>
    public void OnHeartbeat()
    {
        TimeSpan now = _state.Now;
        _state.Heartbeat++;
        foreach ((PeerId peer, int count) in _state.Promises.TakeBroken(now))
        {
            _state.Scores.Misbehaved(peer, count);
            _state.Counters.BrokenPromises += count;
        }

        foreach (RouterPeer peer in _state.Peers.Values)
        {
            CloseHeartbeatOf(peer);
        }

        _state.Scores.Refresh(now);
        _state.Backoffs.Expire(now);
        _state.Seen.Expire(now);
        SuggestDirectPeers();
        foreach (RouterTopic topic in _state.Topics.Values)
        {
            _meshes.KeepMesh(topic);
            _meshes.Tell(topic.Name, topic.Mesh, topic.Joined);
            topic.Joined.Clear();
        }

        _meshes.KeepFanout();
        foreach ((string topic, RouterFanout fanout) in _state.Fanout)
        {
            _meshes.Tell(topic, fanout.Peers, []);
        }

        _state.Cache.Shift();
    }

    private void CloseHeartbeatOf(RouterPeer peer)
    {
        if (peer.IsOverBudget)
        {
            _state.Scores.Misbehaved(peer.Id, 1);
        }

        // The rest of a score is no fault: an account may have been slashed, an address be shared.
        GossipPeerScore score = _state.Scores.PartsOf(peer.Id);
        if (peer.SentWhileGraylisted && score.Invalid + score.Behaviour < _state.Options.Scoring.GraylistThreshold)
        {
            _state.Output.Faults.Add((peer.Id, "gossip while graylisted"));
        }

        peer.BeginHeartbeat(_state.Heartbeat);
    }

    private void SuggestDirectPeers()
    {
        if (_state.Heartbeat % _state.Options.DirectConnectHeartbeats == 1 || _state.Options.DirectConnectHeartbeats == 1)
        {
            _state.Output.Suggestions.AddRange(_state.Direct.Where(peer => peer != _state.Self && !_state.Peers.ContainsKey(peer))
                .Select(static peer => new GossipPeerSuggestion(peer, default, default, "")));
        }
    }

    private void Announce(string topic, bool isSubscribed)
    {
        foreach (PeerId peer in _state.Peers.Keys)
        {
            _state.Output.To(peer).Subscriptions.Add(new GossipSubscription(topic, isSubscribed));
        }
    }

    private bool IsGraftable(string topic, PeerId peer) => !_state.Backoffs.Forbids(topic, peer) && _state.Scores.Of(peer) >= 0;

    private void OnSubscription(RouterPeer peer, GossipSubscription subscription)
    {
        if (!subscription.IsSubscribed)
        {
            if (peer.Topics.Remove(subscription.Topic))
            {
                RemoveSubscriber(subscription.Topic, peer.Id);
            }

            if (_state.Topics.TryGetValue(subscription.Topic, out RouterTopic? topic))
            {
                _state.RemoveFromMesh(topic, peer.Id);
            }

            if (_state.Fanout.TryGetValue(subscription.Topic, out RouterFanout? fanout))
            {
                fanout.Peers.Remove(peer.Id);
            }
        }
        else if (peer.Topics.Count < _state.Options.Limits.MaxTopicsPerPeer && peer.Topics.Add(subscription.Topic))
        {
            if (!_state.Subscribers.TryGetValue(subscription.Topic, out SortedSet<PeerId>? subscribers))
            {
                _state.Subscribers.Add(subscription.Topic, subscribers = []);
            }

            subscribers.Add(peer.Id);
        }
    }

    private void RemoveSubscriber(string topic, PeerId peer)
    {
        if (_state.Subscribers.TryGetValue(topic, out SortedSet<PeerId>? subscribers) && subscribers.Remove(peer) && subscribers.Count == 0)
        {
            _state.Subscribers.Remove(topic);
        }
    }

    private bool Spend(RouterPeer peer, MessageKind kind, int bytes, int messages)
    {
        bool isWithin = _state.Budget.TrySpend(peer.Id, kind, bytes, messages);
        if (!isWithin)
        {
            peer.IsOverBudget = true;
            _state.Counters.OverBudget++;
        }

        return isWithin;
    }

    /// <summary>
    /// True if an RPC is none of those that come as often as messages do: it has no message, and no news of what the peer has. Honest peers send such
    /// a few times a heartbeat; empty ones, and those that ask and tell in vain, are among them.
    /// </summary>
    private bool IsUpkeep(RouterPeer peer, GossipRpc rpc) => rpc.Messages.Count == 0
        && (peer.IDontWantIds >= _state.Options.Limits.MaxIDontWantIds || rpc.IDontWant.All(peer.Unwanted.ContainsKey));

    private void OnMessage(RouterPeer peer, GossipMessage message)
    {
        _state.Counters.MessagesReceived++;
        if (!Spend(peer, MessageKind.Gossip, 0, messages: 1))
        {
            return;
        }

        if (!_state.Topics.TryGetValue(message.Topic, out RouterTopic? topic))
        {
            _state.Counters.Unsubscribed++;
            return;
        }

        GossipMessageId id = IsWanted(message) ? IdOf(message) : default;
        if (id.Bytes.Length is 0 || id.Bytes.Length > _state.Options.Limits.MaxIdBytes)
        {
            _state.Counters.InvalidEnvelopes++;
            _state.Scores.Invalid(peer.Id, message.Topic);
            return;
        }

        _state.Promises.Fulfil(id);
        if (_state.Seen.TryGet(id, out SeenMessage? seen))
        {
            OnDuplicate(peer, seen);
        }
        else if (IsAuthentic(peer, message))
        {
            OnNew(peer, topic, id, message);
        }
    }

    private GossipMessageId IdOf(GossipMessage message) => message.Id.Bytes.Length > 0 ? message.Id : _idOf(message);

    private bool FitsPolicy(GossipMessage message) => _state.Options.SignaturePolicy == GossipSignaturePolicy.StrictNoSign
        ? message is { Author: null, Sequence: null, Signature: null, Key: null }
        : message is { Author: not null, Sequence: not null, Signature: not null };

    private bool IsAuthentic(RouterPeer peer, GossipMessage message)
    {
        if (_state.Options.SignaturePolicy == GossipSignaturePolicy.StrictNoSign)
        {
            return true;
        }

        if (!message.IsVerified)
        {
            _state.Counters.InvalidEnvelopes++;
            _state.Scores.Invalid(peer.Id, message.Topic);
            return false;
        }

        // An own message that is no longer in the cache of seen ones.
        return !_state.Self.Bytes.SequenceEqual(message.Author);
    }

    private void OnDuplicate(RouterPeer peer, SeenMessage seen)
    {
        _state.Counters.Duplicates++;
        bool isNewSender = seen.TryAddSender(peer.Id);
        switch (seen.State)
        {
            case MessageState.Invalid:
                _state.Scores.Invalid(peer.Id, seen.Topic);
                break;
            case MessageState.Valid when isNewSender && _state.Now - seen.ValidSince <= _state.Scores.DeliveryWindowOf(seen.Topic):
                _state.Scores.MeshDelivery(peer.Id, seen.Topic);
                break;
            default:
                break;
        }
    }

    private void OnNew(RouterPeer peer, RouterTopic topic, GossipMessageId id, GossipMessage message)
    {
        SeenMessage seen = _state.Seen.Add(id, message.Topic, _state.Now);
        seen.Message = message;
        seen.TryAddSender(peer.Id);
        _state.Output.Pending.Add(new PendingMessage(peer.Id, id, message));
        if (message.Data.Length < _state.Options.IDontWantBytes)
        {
            return;
        }

        foreach (PeerId other in topic.Mesh)
        {
            if (other != peer.Id && _state.Peers[other].Version >= GossipVersion.V12)
            {
                _state.Output.To(other).IDontWant.Add(id);
            }
        }
    }

    private void Accept(SeenMessage seen, GossipMessage message)
    {
        (seen.State, seen.ValidSince) = (MessageState.Valid, _state.Now);
        _state.Counters.Accepted++;
        _state.Scores.FirstDelivery(seen.Senders[0], seen.Topic);
        foreach (PeerId peer in seen.Senders.Skip(1))
        {
            _state.Scores.MeshDelivery(peer, seen.Topic);
        }

        _state.Cache.Add(seen.Id, message);
        if (!_state.Topics.TryGetValue(seen.Topic, out RouterTopic? topic))
        {
            return;
        }

        IEnumerable<PeerId> others = _state.SubscribersOf(seen.Topic)
            .Where(id => _state.Peers[id] is { IsDirect: true } or { Version: GossipVersion.Flood });
        foreach (PeerId peer in topic.Mesh.Union(others).ToArray())
        {
            if (!seen.Senders.Contains(peer) && !peer.Bytes.SequenceEqual(message.Author))
            {
                TrySend(peer, seen.Id, message);
            }
        }
    }

    private bool TrySend(PeerId id, GossipMessageId message, GossipMessage content)
    {
        if (_state.Peers[id].Unwanted.ContainsKey(message))
        {
            _state.Counters.Suppressed++;
            return false;
        }

        _state.Output.To(id).Messages.Add((message, content));
        _state.Counters.Sent++;
        return true;
    }

    /// <summary>Whom an own message is sent to.</summary>
    private SortedSet<PeerId> TargetsOf(string topic)
    {
        double threshold = _state.Options.Scoring.PublishThreshold;
        SortedSet<PeerId> targets = [];
        foreach (PeerId id in _state.SubscribersOf(topic))
        {
            RouterPeer peer = _state.Peers[id];
            bool isReached = peer.IsDirect
                || ((_state.Options.FloodPublish || peer.Version == GossipVersion.Flood) && _state.Scores.Of(id) >= threshold);
            if (isReached)
            {
                targets.Add(id);
            }
        }

        if (_state.Options.FloodPublish)
        {
            return targets;
        }

        SortedSet<PeerId> mesh = _state.Topics.TryGetValue(topic, out RouterTopic? own) ? own.Mesh : FanoutOf(topic);
        targets.UnionWith(mesh);

        // A mesh that has not formed yet does not hold a message up.
        List<RouterPeer> others = _state.Choose(
            topic, _state.Options.Degree - mesh.Count, peer => !mesh.Contains(peer.Id) && _state.Scores.Of(peer.Id) >= threshold);
        targets.UnionWith(others.Select(static peer => peer.Id));
        return targets;
    }

    private SortedSet<PeerId> FanoutOf(string topic)
    {
        if (!_state.Fanout.TryGetValue(topic, out RouterFanout? fanout))
        {
            _state.Fanout.Add(topic, fanout = new RouterFanout());
        }

        fanout.LastPublished = _state.Now;
        _meshes.Fill(topic, fanout);
        return fanout.Peers;
    }
}
