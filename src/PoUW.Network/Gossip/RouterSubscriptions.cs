using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>Who is subscribed to what: this node, which tells its peers, and the peers, which tell this node. Not thread-safe.</summary>
internal sealed class RouterSubscriptions(RouterState state)
{
    /// <summary>This node joins a topic.</summary>
    public void Subscribe(string name, GossipTopicOptions options)
    {
        RouterTopic topic = new(name, options);
        state.Topics.Add(name, topic);
        state.Scores.SetTopic(name, options.Score);
        Announce(name, isSubscribed: true);
        IEnumerable<PeerId> former = state.Fanout.Remove(name, out RouterFanout? fanout) ? fanout.Peers : [];
        foreach (PeerId peer in former.Where(peer => IsGraftable(name, peer)))
        {
            state.Graft(topic, state.Peers[peer]);
        }

        foreach (RouterPeer peer in state.Choose(
            name, state.Options.Degree - topic.Mesh.Count, peer => !topic.Mesh.Contains(peer.Id) && IsGraftable(name, peer.Id)))
        {
            state.Graft(topic, peer);
        }
    }

    /// <summary>This node leaves a topic.</summary>
    public void Unsubscribe(string name)
    {
        if (!state.Topics.Remove(name, out RouterTopic? topic))
        {
            return;
        }

        Announce(name, isSubscribed: false);
        foreach (PeerId peer in topic.Mesh.ToArray())
        {
            state.RemoveFromMesh(topic, peer);
            state.SendPrune(name, peer, state.Options.UnsubscribeBackoff, withPeers: false);
        }
    }

    /// <summary>The stream to a peer begins anew: it is told again what it may not have heard.</summary>
    public void Greet(PeerId id)
    {
        if (!state.Peers.ContainsKey(id) || state.Topics.Count == 0)
        {
            return;
        }

        RpcBuilder rpc = state.Output.To(id);
        rpc.Subscriptions.AddRange(state.Topics.Keys.Select(static topic => new GossipSubscription(topic, true)));
        rpc.Graft.AddRange(state.Topics.Values.Where(topic => topic.Mesh.Contains(id)).Select(static topic => topic.Name));
    }

    /// <summary>A peer tells that it joins or leaves a topic.</summary>
    public void Take(RouterPeer peer, GossipSubscription subscription)
    {
        if (!subscription.IsSubscribed)
        {
            if (peer.Topics.Remove(subscription.Topic))
            {
                RemoveSubscriber(subscription.Topic, peer.Id);
            }

            if (state.Topics.TryGetValue(subscription.Topic, out RouterTopic? topic))
            {
                state.RemoveFromMesh(topic, peer.Id);
            }

            if (state.Fanout.TryGetValue(subscription.Topic, out RouterFanout? fanout))
            {
                fanout.Peers.Remove(peer.Id);
            }
        }
        else if (peer.Topics.Count < state.Options.Limits.MaxTopicsPerPeer && peer.Topics.Add(subscription.Topic))
        {
            if (!state.Subscribers.TryGetValue(subscription.Topic, out SortedSet<PeerId>? subscribers))
            {
                state.Subscribers.Add(subscription.Topic, subscribers = []);
            }

            subscribers.Add(peer.Id);
        }
    }

    /// <summary>A peer is gone.</summary>
    public void Forget(RouterPeer peer)
    {
        foreach (string topic in peer.Topics)
        {
            RemoveSubscriber(topic, peer.Id);
        }
    }

    private void Announce(string topic, bool isSubscribed)
    {
        foreach (PeerId peer in state.Peers.Keys)
        {
            state.Output.To(peer).Subscriptions.Add(new GossipSubscription(topic, isSubscribed));
        }
    }

    private bool IsGraftable(string topic, PeerId peer) => !state.Backoffs.Forbids(topic, peer) && state.Scores.Of(peer) >= 0;

    private void RemoveSubscriber(string topic, PeerId peer)
    {
        if (state.Subscribers.TryGetValue(topic, out SortedSet<PeerId>? subscribers) && subscribers.Remove(peer) && subscribers.Count == 0)
        {
            state.Subscribers.Remove(topic);
        }
    }
}
