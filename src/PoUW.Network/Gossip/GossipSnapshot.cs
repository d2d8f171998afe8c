namespace PoUW.Network.Gossip;

/// <summary>Meshes and scores as they stood, for diagnostics.</summary>
/// <param name="Topics">The topics that this node is subscribed to, in ordinal order.</param>
/// <param name="Peers">The peers that speak gossip, in the order of their ids.</param>
/// <param name="SeenMessages">Message ids remembered as seen.</param>
/// <param name="CachedMessages">Messages kept for IWANT.</param>
/// <param name="CachedBytes">Their bytes.</param>
/// <param name="Backoffs">Back-off times remembered.</param>
/// <param name="RetainedScores">Scores remembered of peers that are gone.</param>
/// <param name="Statistics">What was done.</param>
public sealed record GossipSnapshot(
    IReadOnlyList<GossipTopicSnapshot> Topics, IReadOnlyList<GossipPeerSnapshot> Peers, int SeenMessages, int CachedMessages, long CachedBytes,
    int Backoffs, int RetainedScores, GossipStatistics Statistics);
