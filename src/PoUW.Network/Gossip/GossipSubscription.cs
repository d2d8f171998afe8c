namespace PoUW.Network.Gossip;

/// <summary>A peer's word that it is interested in a topic, or no longer.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="IsSubscribed">False if it unsubscribes.</param>
public readonly record struct GossipSubscription(string Topic, bool IsSubscribed);
