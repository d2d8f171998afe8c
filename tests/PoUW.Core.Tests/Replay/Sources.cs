using PoUW.Core.Blocks;
using PoUW.Core.Replay;

namespace PoUW.Core.Tests.Replay;

/// <summary>Blocks from height 1 on.</summary>
internal sealed class ListSource(IReadOnlyList<Block> blocks) : IBlockSource
{
    public BlockHeader? HeaderAt(ulong height) => BlockAt(height)?.Header;

    public Block? BlockAt(ulong height) => height - 1 < (ulong)blocks.Count ? blocks[(int)height - 1] : null;
}

/// <summary>Headers of one list of blocks, and the blocks of another.</summary>
internal sealed class SplitSource(IReadOnlyList<Block> headers, IReadOnlyList<Block> blocks) : IBlockSource
{
    private readonly ListSource _headers = new(headers);
    private readonly ListSource _blocks = new(blocks);

    public BlockHeader? HeaderAt(ulong height) => _headers.HeaderAt(height);

    public Block? BlockAt(ulong height) => _blocks.BlockAt(height);
}

/// <summary>Fails when it is asked for a block at a height.</summary>
internal sealed class ThrowingSource(IReadOnlyList<Block> blocks, ulong failAt) : IBlockSource
{
    private readonly ListSource _blocks = new(blocks);

    public BlockHeader? HeaderAt(ulong height) => _blocks.HeaderAt(height);

    public Block? BlockAt(ulong height) => height == failAt ? throw new IOException("The disk is gone.") : _blocks.BlockAt(height);
}
