using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>Whom messages are sent to: own ones, and those of peers that were accepted. Not thread-safe.</summary>
internal sealed class MessageSender(RouterState state, MeshKeeper meshes)
{
    /// <summary>Sends an own message.</summary>
    /// <returns>The number of peers that it is sent to; 0 also if it was seen before.</returns>
    public int Publish(GossipMessageId id, GossipMessage message)
    {
        if (state.Seen.TryGet(id, out _))
        {
            return 0;
        }

        SeenMessage seen = state.Seen.Add(id, message.Topic, state.Now);
        (seen.State, seen.ValidSince) = (MessageState.Valid, state.Now);
        state.Cache.Add(id, message);
        state.Counters.Published++;
        int sent = 0;
        foreach (PeerId peer in TargetsOf(message.Topic))
        {
            sent += TrySend(peer, id, message) ? 1 : 0;
        }

        return sent;
    }

    /// <summary>Sends on what a peer has sent and the handler accepted.</summary>
    public void Forward(SeenMessage seen, GossipMessage message)
    {
        if (!state.Topics.TryGetValue(seen.Topic, out RouterTopic? topic))
        {
            return;
        }

        IEnumerable<PeerId> others = state.SubscribersOf(seen.Topic)
            .Where(id => state.Peers[id] is { IsDirect: true } or { Version: GossipVersion.Flood });
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
        if (state.Peers[id].Unwanted.ContainsKey(message))
        {
            state.Counters.Suppressed++;
            return false;
        }

        state.Output.To(id).Messages.Add((message, content));
        state.Counters.Sent++;
        return true;
    }

    /// <summary>Whom an own message is sent to.</summary>
    private SortedSet<PeerId> TargetsOf(string topic)
    {
        double threshold = state.Options.Scoring.PublishThreshold;
        SortedSet<PeerId> targets = [];
        foreach (PeerId id in state.SubscribersOf(topic))
        {
            RouterPeer peer = state.Peers[id];
            bool isReached = peer.IsDirect
                || ((state.Options.FloodPublish || peer.Version == GossipVersion.Flood) && state.Scores.Of(id) >= threshold);
            if (isReached)
            {
                targets.Add(id);
            }
        }

        if (state.Options.FloodPublish)
        {
            return targets;
        }

        SortedSet<PeerId> mesh = state.Topics.TryGetValue(topic, out RouterTopic? own) ? own.Mesh : FanoutOf(topic);
        targets.UnionWith(mesh);

        // A mesh that has not formed yet does not hold a message up.
        List<RouterPeer> others = state.Choose(
            topic, state.Options.Degree - mesh.Count, peer => !mesh.Contains(peer.Id) && state.Scores.Of(peer.Id) >= threshold);
        targets.UnionWith(others.Select(static peer => peer.Id));
        return targets;
    }

    private SortedSet<PeerId> FanoutOf(string topic)
    {
        if (!state.Fanout.TryGetValue(topic, out RouterFanout? fanout))
        {
            state.Fanout.Add(topic, fanout = new RouterFanout());
        }

        fanout.LastPublished = state.Now;
        meshes.Fill(topic, fanout);
        return fanout.Peers;
    }
}
