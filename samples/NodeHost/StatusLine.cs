namespace NodeHost;

/// <summary>What a node prints about itself, as one JSON object. Amounts are base units, hashes hexadecimal.</summary>
/// <param name="Event">"status".</param>
/// <param name="Node">The node's name.</param>
/// <param name="Height">Height of the head.</param>
/// <param name="Head">The head's id.</param>
/// <param name="FinalizedHeight">Height of the last final block.</param>
/// <param name="Finalized">Its id, which commits to the whole state.</param>
/// <param name="Peers">Peers that the node is connected to.</param>
/// <param name="Supply">Coins in existence: minted less burned.</param>
/// <param name="Accounted">Coins on the accounts of the genesis block, at stake, and in the escrow of the jobs below.</param>
/// <param name="Blocks">Blocks that this node produced since it started.</param>
/// <param name="Leases">Units that are leased to this node and not committed.</param>
/// <param name="Jobs">Jobs that this node saw open since it started.</param>
internal sealed record StatusLine(
    string Event, string Node, ulong Height, string Head, ulong FinalizedHeight, string Finalized, int Peers, string Supply, string Accounted,
    long Blocks, int Leases, IReadOnlyList<JobLine> Jobs);
