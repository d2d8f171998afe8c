namespace PoUW.Core.Finality;

/// <summary>Which heights are checkpoints: 0, and the last height of every epoch. Pure functions; the epoch length is at least 1.</summary>
public static class CheckpointHeights
{
    /// <summary>True if the block at this height is a checkpoint.</summary>
    public static bool IsCheckpoint(ulong height, ulong epochBlocks) => height == 0 || (height + 1) % epochBlocks == 0;

    /// <summary>The first checkpoint above a height.</summary>
    public static ulong Next(ulong height, ulong epochBlocks) => ((((height + 1) / epochBlocks) + 1) * epochBlocks) - 1;
}
