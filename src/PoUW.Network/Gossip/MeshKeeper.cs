using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// The heartbeat's care for meshes and fanout, and the lazy gossip (specification, gossipsub 1.0 and 1.1, "Heartbeat"). Not thread-safe.
/// </summary>
internal sealed class MeshKeeper(RouterState state)
{
    public void KeepMesh(RouterTopic topic)
    {
        DropBadPeers(topic);
        if (topic.Mesh.Count < state.Options.DegreeLow)
        {
            GraftUpTo(topic, state.Options.Degree - topic.Mesh.Count, static _ => true);
        }

        if (topic.Mesh.Count > state.Options.DegreeHigh)
        {
            CutDown(topic);
        }

        int outbound = topic.Mesh.Count(IsOutbound);
        if (topic.Mesh.Count >= state.Options.DegreeLow && outbound < state.Options.DegreeOut)
        {
            GraftUpTo(topic, state.Options.DegreeOut - outbound, static peer => peer.IsOutbound);
        }

        if (state.Heartbeat % state.Options.OpportunisticGraftHeartbeats == 0 && topic.Mesh.Count > 1)
        {
            GraftBetterPeers(topic);
        }
    }

    public void KeepFanout()
    {
        foreach ((string topic, RouterFanout fanout) in state.Fanout.ToArray())
        {
            if (state.Now - fanout.LastPublished > state.Options.FanoutDuration)
            {
                state.Fanout.Remove(topic);
                continue;
            }

            IReadOnlyCollection<PeerId> subscribers = state.SubscribersOf(topic);
            fanout.Peers.RemoveWhere(peer => !subscribers.Contains(peer) || state.Scores.Of(peer) < state.Options.Scoring.PublishThreshold);
            Fill(topic, fanout);
        }
    }

    /// <summary>Adds peers to a fanout until it has the degree.</summary>
    public void Fill(string topic, RouterFanout fanout)
    {
        int missing = state.Options.Degree - fanout.Peers.Count;
        foreach (RouterPeer peer in state.Choose(
            topic, missing, peer => !fanout.Peers.Contains(peer.Id) && state.Scores.Of(peer.Id) >= state.Options.Scoring.PublishThreshold))
        {
            fanout.Peers.Add(peer.Id);
        }
    }

    /// <summary>Tells some peers outside of a mesh or fanout what there is, and those that have just come in.</summary>
    public void Tell(string topic, SortedSet<PeerId> except, IReadOnlyCollection<PeerId> joined)
    {
        List<GossipMessageId> ids = state.Cache.IdsToTell(topic);
        if (ids.Count == 0)
        {
            return;
        }

        List<RouterPeer> peers = state.Choose(
            topic, int.MaxValue, peer => !except.Contains(peer.Id) && state.Scores.Of(peer.Id) >= state.Options.Scoring.GossipThreshold);
        int share = (int)(state.Options.GossipFactor * peers.Count);
        foreach (PeerId peer in peers.Take(Math.Max(share, state.Options.DegreeLazy)).Select(static peer => peer.Id).Concat(joined))
        {
            // Where there are too many ids, each peer is told others of them.
            state.Random.Shuffle(ids);
            state.Output.To(peer).IHave.Add(new GossipIHave(topic, ids.GetRange(0, Math.Min(ids.Count, state.Options.Limits.MaxIHaveIds))));
        }
    }

    private void DropBadPeers(RouterTopic topic)
    {
        foreach (PeerId peer in topic.Mesh.ToArray())
        {
            if (state.Scores.Of(peer) < 0)
            {
                state.RemoveFromMesh(topic, peer);
                state.SendPrune(topic.Name, peer, state.Options.PruneBackoff, withPeers: false);
            }
        }
    }

    private void GraftUpTo(RouterTopic topic, int count, Func<RouterPeer, bool> test)
    {
        foreach (RouterPeer peer in state.Choose(topic.Name, count, peer => IsGraftable(topic, peer) && test(peer)))
        {
            state.Graft(topic, peer);
        }
    }

    private bool IsGraftable(RouterTopic topic, RouterPeer peer) =>
        !topic.Mesh.Contains(peer.Id) && !state.Backoffs.Forbids(topic.Name, peer.Id) && state.Scores.Of(peer.Id) >= 0;

    private bool IsOutbound(PeerId peer) => state.Peers[peer].IsOutbound;

    private void CutDown(RouterTopic topic)
    {
        // Best first, equal ones in random order; those behind the first DegreeScore in random order again.
        List<PeerId> ranked = [.. topic.Mesh];
        state.Random.Shuffle(ranked);
        ranked = [.. ranked.OrderByDescending(state.Scores.Of)];
        List<PeerId> rest = ranked.GetRange(state.Options.DegreeScore, ranked.Count - state.Options.DegreeScore);
        state.Random.Shuffle(rest);
        ranked = [.. ranked.Take(state.Options.DegreeScore), .. rest];
        MoveOutboundForward(ranked);
        foreach (PeerId peer in ranked.Skip(state.Options.Degree))
        {
            state.RemoveFromMesh(topic, peer);
            state.SendPrune(topic.Name, peer, state.Options.PruneBackoff, withPeers: true);
        }
    }

    /// <summary>Exchanges the last inbound peers of those that stay for outbound ones that would go, until the quota is met.</summary>
    private void MoveOutboundForward(List<PeerId> ranked)
    {
        int degree = state.Options.Degree;
        int missing = state.Options.DegreeOut - ranked.Take(degree).Count(IsOutbound);
        int stays = degree - 1;
        for (int goes = degree; goes < ranked.Count && missing > 0; goes++)
        {
            if (!IsOutbound(ranked[goes]))
            {
                continue;
            }

            while (stays >= 0 && IsOutbound(ranked[stays]))
            {
                stays--;
            }

            if (stays < 0)
            {
                return;
            }

            (ranked[stays], ranked[goes]) = (ranked[goes], ranked[stays]);
            missing--;
        }
    }

    private void GraftBetterPeers(RouterTopic topic)
    {
        double[] scores = [.. topic.Mesh.Select(state.Scores.Of).Order()];
        double median = scores[scores.Length / 2];
        if (median < state.Options.Scoring.OpportunisticGraftThreshold)
        {
            GraftUpTo(topic, state.Options.OpportunisticGraftPeers, peer => state.Scores.Of(peer.Id) > median);
        }
    }
}
