using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>A peer that offers a snapshot. Used by one task at a time.</summary>
/// <param name="id">The peer.</param>
/// <param name="offer">What it offers.</param>
internal sealed class SnapshotPeer(PeerId id, SnapshotResponse offer)
{
    internal PeerId Id { get; } = id;

    internal SnapshotResponse Offer { get; } = offer;

    /// <summary>Requests under way.</summary>
    internal int Requests { get; set; }

    /// <summary>Requests since one was answered in time that gave nothing or were late.</summary>
    internal int Strikes { get; set; }
}
