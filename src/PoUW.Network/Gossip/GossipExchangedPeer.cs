using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>A peer that another one suggests.</summary>
/// <param name="Peer">Its id; a claim.</param>
/// <param name="SignedRecord">Its signed peer record, unchecked; empty if there is none.</param>
public sealed record GossipExchangedPeer(PeerId Peer, ReadOnlyMemory<byte> SignedRecord);
