using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A peer that this node might connect to: a direct peer that is not there, or one that a well-scored peer told with its PRUNE.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="SignedRecord">Its signed peer record as it came: unchecked. Empty if there is none.</param>
/// <param name="From">Who told it; none for direct peers.</param>
/// <param name="Topic">The topic; empty for direct peers.</param>
public sealed record GossipPeerSuggestion(PeerId Peer, ReadOnlyMemory<byte> SignedRecord, PeerId From, string Topic);
