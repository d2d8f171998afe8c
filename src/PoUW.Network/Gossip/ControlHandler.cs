using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What follows from a peer's control messages (specification, gossipsub 1.0, 1.1 and 1.2). Not thread-safe.</summary>
internal sealed class ControlHandler(RouterState state)
{
    public void Handle(RouterPeer peer, GossipRpc rpc)
    {
        bool gossips = peer.IsDirect || state.Scores.Of(peer.Id) >= state.Options.Scoring.GossipThreshold;
        if (rpc.IHave.Count > 0 && gossips)
        {
            OnHave(peer, rpc.IHave);
        }

        if (rpc.IWant.Count > 0 && gossips)
        {
            OnWant(peer, rpc.IWant);
        }

        foreach (string topic in rpc.Graft)
        {
            OnGraft(peer, topic);
        }

        foreach (GossipPrune prune in rpc.Prune)
        {
            OnPrune(peer, prune);
        }

        OnDontWant(peer, rpc.IDontWant);
    }

    private void OnHave(RouterPeer peer, IReadOnlyList<GossipIHave> told)
    {
        GossipLimits limits = state.Options.Limits;
        int left = limits.MaxIHaveIds - peer.AskedIds;
        if (++peer.IHaveRpcs > limits.MaxIHaveRpcs || left <= 0)
        {
            return;
        }

        HashSet<GossipMessageId> known = new(state.Comparer);
        List<GossipMessageId> wanted = [];
        foreach (GossipIHave have in told)
        {
            if (state.Topics.ContainsKey(have.Topic))
            {
                wanted.AddRange(have.Ids.Where(id => !state.Seen.TryGet(id, out _) && known.Add(id)));
            }
        }

        if (wanted.Count == 0)
        {
            return;
        }

        state.Random.Shuffle(wanted);
        if (wanted.Count > left)
        {
            wanted.RemoveRange(left, wanted.Count - left);
        }

        peer.AskedIds += wanted.Count;
        state.Counters.Wanted += wanted.Count;
        state.Output.To(peer.Id).IWant.AddRange(wanted);

        // They are in random order, so the first is a random one.
        state.Promises.Add(wanted[0], peer.Id, state.Now + state.Options.IWantFollowUp);
    }

    private void OnWant(RouterPeer peer, IReadOnlyList<GossipMessageId> ids)
    {
        HashSet<GossipMessageId> answered = new(state.Comparer);
        foreach (GossipMessageId id in ids)
        {
            if (++peer.IWantIds > state.Options.Limits.MaxIWantIds)
            {
                return;
            }

            if (answered.Add(id)
                && state.Cache.TryGetFor(peer.Id, id, out GossipMessage? message, out int times)
                && times <= state.Options.Limits.MaxRetransmissions)
            {
                state.Output.To(peer.Id).Messages.Add((id, message));
                state.Counters.Answered++;
                state.Counters.Sent++;
            }
        }
    }

    private void OnGraft(RouterPeer peer, string name)
    {
        // A GRAFT for a topic that is not known here is ignored: an answer to each would be an amplifier.
        if (!state.Topics.TryGetValue(name, out RouterTopic? topic) || topic.Mesh.Contains(peer.Id))
        {
            return;
        }

        TimeSpan now = state.Now;
        TimeSpan backoff = state.Options.PruneBackoff;
        if (peer.Version == GossipVersion.Flood)
        {
            return;
        }

        if (peer.IsDirect)
        {
            state.SendPrune(name, peer.Id, backoff, withPeers: false);
        }
        else if (state.Backoffs.EndOf(name, peer.Id, now) is { } end)
        {
            TimeSpan floodEnd = end - backoff + state.Options.GraftFloodThreshold;
            state.Scores.Misbehaved(peer.Id, now < floodEnd ? 2 : 1);
            state.SendPrune(name, peer.Id, backoff, withPeers: false);
        }
        else if (state.Scores.Of(peer.Id) < 0)
        {
            state.SendPrune(name, peer.Id, backoff, withPeers: false);
        }
        else if (topic.Mesh.Count >= state.Options.DegreeHigh && !peer.IsOutbound)
        {
            state.SendPrune(name, peer.Id, backoff, withPeers: true);
        }
        else
        {
            state.AddToMesh(topic, peer.Id);
        }
    }

    private void OnPrune(RouterPeer peer, GossipPrune prune)
    {
        if (!state.Topics.TryGetValue(prune.Topic, out RouterTopic? topic))
        {
            return;
        }

        state.RemoveFromMesh(topic, peer.Id);
        state.Backoffs.Add(prune.Topic, peer.Id, state.Now + BackoffOf(prune));
        if (prune.Peers.Count > 0 && state.Scores.Of(peer.Id) >= state.Options.Scoring.AcceptExchangeThreshold)
        {
            TakeSuggestions(peer.Id, prune);
        }
    }

    private TimeSpan BackoffOf(GossipPrune prune)
    {
        if (prune.BackoffSeconds == 0)
        {
            return state.Options.PruneBackoff;
        }

        TimeSpan most = state.Options.MaxBackoff;
        return prune.BackoffSeconds < most.TotalSeconds ? TimeSpan.FromSeconds((long)prune.BackoffSeconds) : most;
    }

    private void TakeSuggestions(PeerId from, GossipPrune prune)
    {
        List<GossipExchangedPeer> suggested = [.. prune.Peers];
        state.Random.Shuffle(suggested);
        foreach (GossipExchangedPeer other in suggested.Take(state.Options.ExchangedPeers))
        {
            if (other.Peer != state.Self && !state.Peers.ContainsKey(other.Peer))
            {
                state.Output.Suggestions.Add(new GossipPeerSuggestion(other.Peer, other.SignedRecord, from, prune.Topic));
            }
        }
    }

    private void OnDontWant(RouterPeer peer, IReadOnlyList<GossipMessageId> ids)
    {
        foreach (GossipMessageId id in ids)
        {
            if (++peer.IDontWantIds > state.Options.Limits.MaxIDontWantIds)
            {
                return;
            }

            peer.Unwanted[id] = state.Heartbeat + state.Options.IDontWantHeartbeats;
        }
    }
}
