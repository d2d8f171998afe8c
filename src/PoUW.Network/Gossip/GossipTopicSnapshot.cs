using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A topic as it stood.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Mesh">The peers in the mesh.</param>
/// <param name="Subscribers">The connected peers that are subscribed.</param>
public sealed record GossipTopicSnapshot(string Topic, IReadOnlyList<PeerId> Mesh, IReadOnlyList<PeerId> Subscribers);
