using PoUW.Core.Blocks;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>A block on its way from a peer to its import. Guarded by the lock of <see cref="SyncPeers"/>.</summary>
internal sealed class BodySlot
{
    /// <summary>Peers that were asked for it.</summary>
    internal HashSet<PeerId> Asked { get; } = [];

    /// <summary>How many of them have not answered.</summary>
    internal int Open { get; set; }

    /// <summary>True once the last one that was asked takes long: another may be asked.</summary>
    internal bool IsOverdue { get; set; }

    /// <summary>The block once it is here.</summary>
    internal Block? Block { get; set; }

    /// <summary>Who sent it.</summary>
    internal PeerId From { get; set; }

    /// <summary>Bytes that it takes.</summary>
    internal int Bytes { get; set; }

    /// <summary>True if somebody should be asked for it now.</summary>
    internal bool IsWanted => Block is null && (Open == 0 || IsOverdue);
}
