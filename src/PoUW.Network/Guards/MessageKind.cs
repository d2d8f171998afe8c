namespace PoUW.Network.Guards;

/// <summary>What a message of a peer is counted as.</summary>
public enum MessageKind
{
    /// <summary>A request that is none of the others: chunks, hello, what an application serves.</summary>
    Request,

    /// <summary>A message that a peer gossips, whether or not it is known.</summary>
    Gossip,

    /// <summary>A request of chain sync: headers, bodies, snapshots, transactions.</summary>
    Sync,

    /// <summary>Upkeep: RPCs of gossip that carry no message, identify pushes, discovery.</summary>
    Control,
}
