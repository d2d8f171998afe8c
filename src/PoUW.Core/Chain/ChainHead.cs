using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>The tip of the heaviest valid chain, and what is final below it. Immutable.</summary>
/// <param name="Position">The tip.</param>
/// <param name="Finalized">The highest checkpoint that was ever final here; an ancestor of the tip. Blocks that fork below it are refused.</param>
public sealed record ChainHead(ChainPosition Position, Checkpoint Finalized)
{
    /// <summary>The height of the finalized checkpoint.</summary>
    public ulong FinalizedHeight => Finalized.Height;

    /// <summary>The tip's header.</summary>
    public BlockHeader Header => Position.Header;

    /// <summary>The tip's id.</summary>
    public Hash256 Id => Position.Id;

    /// <summary>The tip's height.</summary>
    public ulong Height => Position.Header.Height;

    /// <summary>The work of the chain.</summary>
    public BigInteger TotalWork => Position.TotalWork;
}
