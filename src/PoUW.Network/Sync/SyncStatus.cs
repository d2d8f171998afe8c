namespace PoUW.Network.Sync;

/// <summary>How far a sync is, for displays.</summary>
/// <param name="Mode">What it is doing.</param>
/// <param name="Height">The height of the chain's head.</param>
/// <param name="KnownHeight">The greatest height that a peer claims; nothing of it is proven.</param>
/// <param name="Peers">Peers that can be asked.</param>
/// <param name="PendingHeaders">Headers whose blocks are missing.</param>
/// <param name="BlocksAhead">Blocks that are being fetched or wait for their turn.</param>
/// <param name="BytesAhead">Bytes of those that wait for their turn.</param>
/// <param name="Imported">Blocks that the sync has imported since the start.</param>
public sealed record SyncStatus(
    SyncMode Mode, ulong Height, ulong KnownHeight, int Peers, int PendingHeaders, int BlocksAhead, long BytesAhead, long Imported);
