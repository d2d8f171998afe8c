using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What is done at each heartbeat: promises, scores, tables that expire, meshes, lazy gossip. Not thread-safe.</summary>
internal sealed class RouterHeartbeat(RouterState state, MeshKeeper meshes)
{
    /// <summary>Once an interval.</summary>
    public void Beat()
    {
        TimeSpan now = state.Now;
        state.Heartbeat++;
        foreach ((PeerId peer, int count) in state.Promises.TakeBroken(now))
        {
            state.Scores.Misbehaved(peer, count);
            state.Counters.BrokenPromises += count;
        }

        foreach (RouterPeer peer in state.Peers.Values)
        {
            CloseHeartbeatOf(peer);
        }

        state.Scores.Refresh(now);
        state.Backoffs.Expire(now);
        state.Seen.Expire(now);
        SuggestDirectPeers();
        foreach (RouterTopic topic in state.Topics.Values)
        {
            meshes.KeepMesh(topic);
            meshes.Tell(topic.Name, topic.Mesh, topic.Joined);
            topic.Joined.Clear();
        }

        meshes.KeepFanout();
        foreach ((string topic, RouterFanout fanout) in state.Fanout)
        {
            meshes.Tell(topic, fanout.Peers, []);
        }

        state.Cache.Shift();
    }

    private void CloseHeartbeatOf(RouterPeer peer)
    {
        if (peer.IsOverBudget)
        {
            state.Scores.Misbehaved(peer.Id, 1);
        }

        // The rest of a score is no fault: an account may have been slashed, an address be shared.
        GossipPeerScore score = state.Scores.PartsOf(peer.Id);
        if (peer.SentWhileGraylisted && score.Invalid + score.Behaviour < state.Options.Scoring.GraylistThreshold)
        {
            state.Output.Faults.Add((peer.Id, "gossip while graylisted"));
        }

        peer.BeginHeartbeat(state.Heartbeat);
    }

    private void SuggestDirectPeers()
    {
        if (state.Heartbeat % state.Options.DirectConnectHeartbeats == 1 || state.Options.DirectConnectHeartbeats == 1)
        {
            state.Output.Suggestions.AddRange(state.Direct.Where(peer => peer != state.Self && !state.Peers.ContainsKey(peer))
                .Select(static peer => new GossipPeerSuggestion(peer, default, default, "")));
        }
    }
}
