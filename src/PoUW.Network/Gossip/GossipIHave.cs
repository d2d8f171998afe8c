namespace PoUW.Network.Gossip;

/// <summary>IHAVE: messages of a topic that a peer has seen of late.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Ids">The messages.</param>
public sealed record GossipIHave(string Topic, IReadOnlyList<GossipMessageId> Ids);
