namespace PoUW.Network.Gossip;

/// <summary>PRUNE: the peer is no longer in the sender's mesh.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="BackoffSeconds">How long it must not graft; 0 if the sender does not say.</param>
/// <param name="Peers">Other peers of the topic that it may connect to.</param>
public sealed record GossipPrune(string Topic, ulong BackoffSeconds, IReadOnlyList<GossipExchangedPeer> Peers);
