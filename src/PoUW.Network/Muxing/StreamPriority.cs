namespace PoUW.Network.Muxing;

/// <summary>
/// The class of a stream's writes. Classes share a connection by weight, so that chunks and snapshots never hold up blocks and votes, and
/// nothing starves.
/// </summary>
public enum StreamPriority
{
    /// <summary>Small messages that the ledger waits for: gossip, votes, headers.</summary>
    Urgent,

    /// <summary>Requests and what has no reason to be anything else.</summary>
    Normal,

    /// <summary>Long transfers: chunks, snapshots, bodies of old blocks.</summary>
    Bulk,
}
