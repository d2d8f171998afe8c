using System.Buffers;
using System.Runtime.InteropServices;

namespace PoUW.Core.Work;

/// <summary>
/// The scalar way from opened blocks to a tile's state: noised strips in the layout that <see cref="TileFold"/> takes, 32 vectors along k.
/// </summary>
internal static class TileOperands
{
    /// <summary>Computes the state of a tile from its opened blocks, number by number.</summary>
    /// <param name="data">Shape and tile; the tile lies inside the shape.</param>
    /// <param name="seeds">Seeds of the noise.</param>
    /// <param name="blocksA">Opened blocks of the A strip as stored.</param>
    /// <param name="blocksB">Opened blocks of the B strip as stored; as many.</param>
    /// <param name="state">Receives the 16 words.</param>
    public static void ComputeState(
        WorkPublicData data, TileWorkSeeds seeds, ReadOnlySpan<byte> blocksA, ReadOnlySpan<byte> blocksB, Span<uint> state)
    {
        TileWorkShape shape = data.Shape;
        int length = TileWorkParameters.LengthOfSegment(shape.PaddedK, data.Segment);
        int bytes = TileWorkParameters.TileSize * length;
        byte[] rented = ArrayPool<byte>.Shared.Rent(2 * bytes);
        try
        {
            Span<sbyte> a = MemoryMarshal.Cast<byte, sbyte>(rented.AsSpan(0, bytes));
            Span<sbyte> b = MemoryMarshal.Cast<byte, sbyte>(rented.AsSpan(bytes, bytes));
            Unpack(blocksA, shape.TransposeA, length, a);
            Unpack(blocksB, !shape.TransposeB, length, b);
            using var noise = new NoiseSource(seeds.SeedA, shape.Rank);
            AddNoise(noise, data.TileRow * TileWorkParameters.TileSize, data.Segment, length, a);
            noise.Reset(seeds.SeedB, shape.Rank);
            AddNoise(noise, data.TileColumn * TileWorkParameters.TileSize, data.Segment, length, b);
            TileFold.Compute(a, b, length, shape.Stride, state);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Unpacks committed blocks into 32 vectors along k; the rest of the segment stays zero.</summary>
    /// <param name="blocks">Blocks by ascending inner block, 1024 bytes each, as stored.</param>
    /// <param name="innerIsRow">True when k runs down the rows of a stored block.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="strip">32 * length entries.</param>
    public static void Unpack(ReadOnlySpan<byte> blocks, bool innerIsRow, int length, Span<sbyte> strip)
    {
        const int edge = TileWorkParameters.TileSize;
        strip.Clear();
        for (int block = 0; block < blocks.Length / TileWorkParameters.BlockBytes; block++)
        {
            ReadOnlySpan<byte> source = blocks.Slice(block * TileWorkParameters.BlockBytes, TileWorkParameters.BlockBytes);
            for (int vector = 0; vector < edge; vector++)
            {
                Span<sbyte> target = strip.Slice((vector * length) + (block * edge), edge);
                for (int inner = 0; inner < edge; inner++)
                {
                    target[inner] = unchecked((sbyte)source[innerIsRow ? (inner * edge) + vector : (vector * edge) + inner]);
                }
            }
        }
    }

    /// <summary>Adds the noise of 32 consecutive rows (or columns of B) over a segment.</summary>
    public static void AddNoise(NoiseSource noise, int firstVector, int segment, int length, Span<sbyte> strip)
    {
        int rank = noise.Rank;
        int strips = length / rank;
        Span<sbyte> dense = stackalloc sbyte[TileWorkParameters.TileSize * 64];
        Span<byte> permutations = stackalloc byte[TileWorkParameters.SegmentLength];
        dense = dense[..(TileWorkParameters.TileSize * rank)];
        permutations = permutations[..length];
        noise.DenseRows(firstVector, dense);
        noise.Permutations(segment * (TileWorkParameters.SegmentLength / rank), permutations);
        for (int vector = 0; vector < TileWorkParameters.TileSize; vector++)
        {
            for (int t = 0; t < strips; t++)
            {
                NoiseSource.AddStrip(
                    strip.Slice((vector * length) + (t * rank), rank),
                    dense.Slice(vector * rank, rank),
                    permutations.Slice(t * rank, rank));
            }
        }
    }
}
