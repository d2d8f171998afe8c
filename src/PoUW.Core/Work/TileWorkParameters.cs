namespace PoUW.Core.Work;

/// <summary>
/// Consensus constants of tile work version 1 (TW1). Soundness needs them, so they are the same on every network; a change is a new
/// certificate version.
/// </summary>
public static class TileWorkParameters
{
    /// <summary>The certificate version.</summary>
    public const ushort Version = 1;

    /// <summary>Edge of a tile and of a committed block, in elements.</summary>
    public const int TileSize = 32;

    /// <summary>Bytes of one committed block.</summary>
    public const int BlockBytes = TileSize * TileSize;

    /// <summary>Length of a segment along k; the last segment of a product may be 512 long.</summary>
    public const int SegmentLength = 1024;

    /// <summary>The inner dimension is extended by virtual zeros to a multiple of this.</summary>
    public const int InnerGranularity = 512;

    /// <summary>Words of a tile's state; word j folds the columns j modulo 16.</summary>
    public const int StateWords = 16;

    /// <summary>Left rotation of every state word at a snapshot.</summary>
    public const int StateRotation = 7;

    /// <summary>Multiply-accumulates of a full work unit: one tile over one full segment.</summary>
    public const long UnitMacs = (long)TileSize * TileSize * SegmentLength;

    /// <summary>Smallest operand that a certificate may open.</summary>
    public const int MinOperand = -64;

    /// <summary>Largest operand that a certificate may open.</summary>
    public const int MaxOperand = 63;

    /// <summary>Largest number of rows of A and columns of B.</summary>
    public const int MaxOuter = 1 << 17;

    /// <summary>Largest padded inner dimension; longer products are split into several.</summary>
    public const int MaxPaddedInner = 8192;

    /// <summary>Largest padded multiply-accumulate count of one product.</summary>
    public const ulong MaxPaddedMacs = 1UL << 44;

    /// <summary>Largest witness in bytes.</summary>
    public const int MaxWitnessBytes = 96 * 1024;

    /// <summary>True inner dimension from which our miner draws tickets.</summary>
    public const int MinMinedInner = 512;

    /// <summary>True outer dimensions from which our miner draws tickets.</summary>
    public const int MinMinedOuter = 32;

    /// <summary>Largest magnitude of the operands that our miner draws tickets on.</summary>
    public const int MaxMinedMagnitude = 63;

    /// <summary>The inner dimension after the extension by virtual zeros.</summary>
    /// <param name="k">True inner dimension, 1 to 8192.</param>
    public static int PaddedInner(int k) => (k + InnerGranularity - 1) / InnerGranularity * InnerGranularity;

    /// <summary>Rank of the noise for a padded inner dimension.</summary>
    public static int Rank(int paddedInner) => paddedInner < 4096 ? 32 : 64;

    /// <summary>
    /// Columns between two snapshots of a tile. Must never exceed the rank: that inequality is what makes a structured product cost as
    /// much as a random one.
    /// </summary>
    public static int Stride(int paddedInner) => Rank(paddedInner);

    /// <summary>Number of segments of a padded inner dimension.</summary>
    public static int SegmentCount(int paddedInner) => (paddedInner + SegmentLength - 1) / SegmentLength;

    /// <summary>Length of segment <paramref name="segment"/>: 1024, or 512 at the end.</summary>
    public static int LengthOfSegment(int paddedInner, int segment) => Math.Min(SegmentLength, paddedInner - (segment * SegmentLength));

    /// <summary>Number of 32-wide blocks that cover a dimension.</summary>
    public static int BlockCount(int dimension) => (dimension + TileSize - 1) / TileSize;
}
