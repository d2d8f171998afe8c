using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A peer as it stood.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Version">What it speaks.</param>
/// <param name="IsOutbound">True if this node dialed it.</param>
/// <param name="Score">Its score.</param>
/// <param name="IsGraylisted">True if what it sends is dropped.</param>
/// <param name="Topics">What it is subscribed to.</param>
/// <param name="QueuedMessages">Messages that wait to be written to it.</param>
public sealed record GossipPeerSnapshot(
    PeerId Peer, GossipVersion Version, bool IsOutbound, GossipPeerScore Score, bool IsGraylisted, IReadOnlyList<string> Topics, int QueuedMessages);
