using System.Net;
using PoUW.Core.Randomness;
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
    private readonly RouterSubscriptions _subscriptions;
    private readonly MessageSender _sender;
    private readonly MessageReceiver _receiver;
    private readonly ControlHandler _control;
    private readonly RouterHeartbeat _heartbeat;

    public GossipRouter(PeerId self, GossipOptions options, TimeProvider time, IRandomSource random, MessageBudget budget)
    {
        _state = new RouterState(self, options, time, random, budget);
        MeshKeeper meshes = new(_state);
        _subscriptions = new RouterSubscriptions(_state);
        _sender = new MessageSender(_state, meshes);
        _receiver = new MessageReceiver(_state, _sender);
        _control = new ControlHandler(_state);
        _heartbeat = new RouterHeartbeat(_state, meshes);
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

        _subscriptions.Forget(peer);

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
    public void Subscribe(string name, GossipTopicOptions options) => _subscriptions.Subscribe(name, options);

    /// <summary>This node leaves a topic.</summary>
    public void Unsubscribe(string name) => _subscriptions.Unsubscribe(name);

    /// <summary>The stream to a peer begins anew: it is told again what it may not have heard.</summary>
    public void Greet(PeerId id) => _subscriptions.Greet(id);

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
        return _state.Spend(peer, MessageKind.Gossip, bytes, messages: 0);
    }

    /// <summary>True if the envelope of the message keeps the rules, so that its id is worth deriving.</summary>
    public bool IsWanted(GossipMessage message) => _receiver.IsWanted(message);

    /// <summary>Charges a peer for the messages of an RPC, which <see cref="Receive"/> does otherwise.</summary>
    public void Charge(PeerId id, GossipRpc rpc)
    {
        if (_state.Peers.TryGetValue(id, out RouterPeer? peer))
        {
            foreach (GossipMessage message in rpc.Messages)
            {
                message.IsWithinBudget = _state.Spend(peer, MessageKind.Gossip, 0, messages: 1);
            }
        }
    }

    /// <summary>A peer sent an RPC that <see cref="Admits"/> let pass.</summary>
    public void Receive(PeerId id, GossipRpc rpc)
    {
        if (!_state.Peers.TryGetValue(id, out RouterPeer? peer))
        {
            return;
        }

        _state.Counters.RpcsReceived++;
        if (IsUpkeep(peer, rpc) && !_state.Spend(peer, MessageKind.Control, 0, messages: 1))
        {
            return;
        }

        foreach (GossipSubscription subscription in rpc.Subscriptions)
        {
            _subscriptions.Take(peer, subscription);
        }

        foreach (GossipMessage message in rpc.Messages)
        {
            _receiver.Take(peer, message);
        }

        _control.Handle(peer, rpc);
    }

    /// <summary>This node publishes.</summary>
    /// <returns>The number of peers that it is sent to; 0 also if it was seen before.</returns>
    public int Publish(GossipMessage message) => _sender.Publish(_state.IdOf(message), message);

    /// <summary>The handler has judged a pending message.</summary>
    public void Judge(GossipMessageId id, GossipOutcome outcome) => _receiver.Judge(id, outcome);

    /// <summary>A pending message could not be given to its handler: it may come again.</summary>
    public void Drop(GossipMessageId id) => _receiver.Drop(id);

    /// <summary>Once an interval.</summary>
    public void OnHeartbeat() => _heartbeat.Beat();

    /// <summary>
    /// True if an RPC is none of those that come as often as messages do: it has no message, and no news of what the peer has. Honest peers send such
    /// a few times a heartbeat; empty ones, and those that ask and tell in vain, are among them.
    /// </summary>
    private bool IsUpkeep(RouterPeer peer, GossipRpc rpc) => rpc.Messages.Count == 0
        && (peer.IDontWantIds >= _state.Options.Limits.MaxIDontWantIds || rpc.IDontWant.All(peer.Unwanted.ContainsKey));
}
