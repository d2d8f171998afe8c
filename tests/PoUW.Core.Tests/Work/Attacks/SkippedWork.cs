namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>What a lazy miner leaves out of a tile.</summary>
public enum SkippedWork
{
    /// <summary>Nothing: the honest miner.</summary>
    Nothing,

    /// <summary>The products of one stride; its snapshot is folded as it is.</summary>
    Stride,

    /// <summary>One row of the tile.</summary>
    Row,

    /// <summary>One column of the tile.</summary>
    Column,

    /// <summary>The last segment of the product: its tiles are claimed with the states of the segment before.</summary>
    LastSegment,
}
