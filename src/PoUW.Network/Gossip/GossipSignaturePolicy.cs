namespace PoUW.Network.Gossip;

/// <summary>Whether messages carry their author (libp2p specification, pubsub, "Signature Policy Options").</summary>
public enum GossipSignaturePolicy
{
    /// <summary>
    /// No author, sequence number, signature or key; a message that has one is invalid. What the content proves is the handler's matter.
    /// </summary>
    StrictNoSign,

    /// <summary>Author, sequence number and signature are there and verify; a message where they do not is invalid.</summary>
    StrictSign,
}
