using PoUW.Core.Blocks;

namespace PoUW.Core.Replay;

/// <summary>
/// One chain of blocks by height, read from a store or a file. Nothing in it is trusted: headers and blocks may contradict one another, so
/// readers compute ids themselves. Called by one thread at a time.
/// </summary>
public interface IBlockSource
{
    /// <summary>The header at a height, or null if there is none or it is damaged.</summary>
    BlockHeader? HeaderAt(ulong height);

    /// <summary>The block at a height, or null if there is none or it is damaged.</summary>
    Block? BlockAt(ulong height);
}
