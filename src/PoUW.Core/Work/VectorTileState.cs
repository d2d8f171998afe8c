using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Core.Work;

/// <summary>
/// The state of one tile from its opened blocks with AVX2, and AVX-VNNI where the processor has it; the same words as
/// <see cref="TileOperands"/> and <see cref="TileFold"/> give. It works through 32 positions of k at a time, both operands laid out as lines
/// of 32 vectors a position: noise is then one row of the transposed dense factor a line. Stateless and thread-safe; about 20 KB of stack.
/// </summary>
internal static class VectorTileState
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Block = TileWorkParameters.BlockBytes;
    private const int Steps = Edge / 4;

    /// <summary>True where the processor has what <see cref="Compute"/> needs.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Computes the state.</summary>
    /// <param name="data">Shape and tile; the tile lies inside the shape.</param>
    /// <param name="seeds">Seeds of the noise.</param>
    /// <param name="blocksA">Opened blocks of the A strip as stored.</param>
    /// <param name="blocksB">Opened blocks of the B strip as stored; as many.</param>
    /// <param name="state">Receives the 16 words.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compute(
        WorkPublicData data, TileWorkSeeds seeds, ReadOnlySpan<byte> blocksA, ReadOnlySpan<byte> blocksB, Span<uint> state)
    {
        TileWorkShape shape = data.Shape;
        int rank = shape.Rank;
        int length = TileWorkParameters.LengthOfSegment(shape.PaddedK, data.Segment);
        Span<byte> factors = stackalloc byte[2 * 2 * Block];
        Span<byte> permutations = stackalloc byte[2 * TileWorkParameters.SegmentLength];
        Span<byte> factorB = factors[(2 * Block)..];
        Span<byte> permutationB = permutations[TileWorkParameters.SegmentLength..];
        int firstStrip = data.Segment * (TileWorkParameters.SegmentLength / rank);
        using (var noise = new NoiseSource(seeds.SeedA, rank))
        {
            ReadNoise(noise, data.TileRow, firstStrip, length, factors, permutations);
            noise.Reset(seeds.SeedB, rank);
            ReadNoise(noise, data.TileColumn, firstStrip, length, factorB, permutationB);
        }

        Span<int> sums = stackalloc int[Edge * Edge];
        Span<byte> packed = stackalloc byte[2 * Block];
        Span<byte> packedB = packed[Block..];
        Span<byte> previous = stackalloc byte[2 * Edge];
        state.Clear();
        for (int start = 0; start < length; start += Edge)
        {
            if (start % rank == 0)
            {
                previous.Clear();
            }

            int opened = start / Edge * Block;
            ReadOnlySpan<byte> a = opened < blocksA.Length ? blocksA.Slice(opened, Block) : default;
            ReadOnlySpan<byte> b = opened < blocksB.Length ? blocksB.Slice(opened, Block) : default;
            Prepare(a, shape.TransposeA, factors, permutations.Slice(start, Edge), previous, packed);
            Prepare(b, !shape.TransposeB, factorB, permutationB.Slice(start, Edge), previous[Edge..], packedB);
            Multiply(MemoryMarshal.Cast<byte, int>(packed), MemoryMarshal.Cast<byte, int>(packedB), sums);
            if ((start + Edge) % shape.Stride == 0)
            {
                Fold(sums, state);
            }
        }
    }

    // The dense factor transposed (32 bytes for every p below the rank) and the permutations of the segment.
    private static void ReadNoise(NoiseSource noise, int tile, int firstStrip, int length, Span<byte> factor, Span<byte> permutations)
    {
        Span<byte> rows = stackalloc byte[2 * Block];
        noise.DenseRows(tile * Edge, MemoryMarshal.Cast<byte, sbyte>(rows[..(Edge * noise.Rank)]));
        noise.Permutations(firstStrip, permutations[..length]);
        for (int p = 0; p < noise.Rank; p += Edge)
        {
            Transpose(ref rows[p], (nuint)noise.Rank, ref factor[p * Edge]);
        }
    }

    // One block of an operand, noised, as words of four positions of k: 8 groups of 32 words, the vectors in the order of Interleave.
    private static void Prepare(
        ReadOnlySpan<byte> block, bool innerIsRow, ReadOnlySpan<byte> factor, ReadOnlySpan<byte> permutation, Span<byte> previous, Span<byte> packed)
    {
        Span<byte> lines = stackalloc byte[Block];
        if (block.Length == Block && innerIsRow)
        {
            block.CopyTo(lines);
        }
        else if (block.Length == Block)
        {
            Transpose(ref MemoryMarshal.GetReference(block), Edge, ref lines[0]);
        }

        ref byte line = ref lines[0];
        ref byte row = ref MemoryMarshal.GetReference(factor);
        var last = Vector256.LoadUnsafe(ref previous[0]);
        for (int q = 0; q < Edge; q++)
        {
            var current = Vector256.LoadUnsafe(ref row, (nuint)(permutation[q] * Edge));
            (Vector256.LoadUnsafe(ref line, (nuint)(q * Edge)) + current - last).StoreUnsafe(ref line, (nuint)(q * Edge));
            last = current;
        }

        last.StoreUnsafe(ref previous[0]);
        Interleave(ref line, ref packed[0]);
    }

    // Four lines of bytes become 32 words of four bytes, in four vectors: 0-3 and 16-19, 4-7 and 20-23, 8-11 and 24-27, 12-15 and 28-31.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(ref byte lines, ref byte packed)
    {
        for (nuint at = 0; at < Block; at += 4 * Edge)
        {
            Vector256<byte> r0 = Vector256.LoadUnsafe(ref lines, at), r1 = Vector256.LoadUnsafe(ref lines, at + Edge);
            Vector256<byte> r2 = Vector256.LoadUnsafe(ref lines, at + (2 * Edge)), r3 = Vector256.LoadUnsafe(ref lines, at + (3 * Edge));
            Vector256<short> low01 = Avx2.UnpackLow(r0, r1).AsInt16(), high01 = Avx2.UnpackHigh(r0, r1).AsInt16();
            Vector256<short> low23 = Avx2.UnpackLow(r2, r3).AsInt16(), high23 = Avx2.UnpackHigh(r2, r3).AsInt16();
            Avx2.UnpackLow(low01, low23).AsByte().StoreUnsafe(ref packed, at);
            Avx2.UnpackHigh(low01, low23).AsByte().StoreUnsafe(ref packed, at + Edge);
            Avx2.UnpackLow(high01, high23).AsByte().StoreUnsafe(ref packed, at + (2 * Edge));
            Avx2.UnpackHigh(high01, high23).AsByte().StoreUnsafe(ref packed, at + (3 * Edge));
        }
    }

    private static void Multiply(Span<int> a, Span<int> b, Span<int> sums)
    {
        if (AvxVnni.IsSupported)
        {
            MultiplyBytes(ref a[0], ref b[0], ref sums[0]);
            return;
        }

        Span<int> pairsA = stackalloc int[2 * Steps * Edge];
        Span<int> pairsB = stackalloc int[2 * Steps * Edge];
        Widen(ref a[0], ref pairsA[0]);
        Widen(ref b[0], ref pairsB[0]);
        MultiplyPairs(ref pairsA[0], ref pairsB[0], ref sums[0]);
    }

    // VPDPBUSD takes its left bytes without sign: A' + 128, and 128 times the columns of B' comes off the sums first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyBytes(ref int a, ref int b, ref int sums)
    {
        var bias = Vector256.Create((byte)128);
        Vector256<int> z0 = default, z1 = default, z2 = default, z3 = default;
        for (nuint at = 0; at < Steps * Edge; at += Edge)
        {
            z0 = AvxVnni.MultiplyWideningAndAdd(z0, bias, Vector256.LoadUnsafe(ref b, at).AsSByte());
            z1 = AvxVnni.MultiplyWideningAndAdd(z1, bias, Vector256.LoadUnsafe(ref b, at + 8).AsSByte());
            z2 = AvxVnni.MultiplyWideningAndAdd(z2, bias, Vector256.LoadUnsafe(ref b, at + 16).AsSByte());
            z3 = AvxVnni.MultiplyWideningAndAdd(z3, bias, Vector256.LoadUnsafe(ref b, at + 24).AsSByte());
        }

        for (nuint u = 0; u < Edge; u += 2)
        {
            nuint row = unchecked(u * Edge);
            Vector256<int> x0 = Vector256.LoadUnsafe(ref sums, row) - z0, x1 = Vector256.LoadUnsafe(ref sums, row + 8) - z1;
            Vector256<int> x2 = Vector256.LoadUnsafe(ref sums, row + 16) - z2, x3 = Vector256.LoadUnsafe(ref sums, row + 24) - z3;
            Vector256<int> y0 = Vector256.LoadUnsafe(ref sums, row + 32) - z0, y1 = Vector256.LoadUnsafe(ref sums, row + 40) - z1;
            Vector256<int> y2 = Vector256.LoadUnsafe(ref sums, row + 48) - z2, y3 = Vector256.LoadUnsafe(ref sums, row + 56) - z3;
            for (nuint at = 0; at < Steps * Edge; at += Edge)
            {
                Vector256<sbyte> b0 = Vector256.LoadUnsafe(ref b, at).AsSByte(), b1 = Vector256.LoadUnsafe(ref b, at + 8).AsSByte();
                Vector256<sbyte> b2 = Vector256.LoadUnsafe(ref b, at + 16).AsSByte(), b3 = Vector256.LoadUnsafe(ref b, at + 24).AsSByte();
                Vector256<byte> x = Vector256.Create(Unsafe.Add(ref a, at + u)).AsByte() ^ bias;
                Vector256<byte> y = Vector256.Create(Unsafe.Add(ref a, at + u + 1)).AsByte() ^ bias;
                x0 = AvxVnni.MultiplyWideningAndAdd(x0, x, b0);
                x1 = AvxVnni.MultiplyWideningAndAdd(x1, x, b1);
                x2 = AvxVnni.MultiplyWideningAndAdd(x2, x, b2);
                x3 = AvxVnni.MultiplyWideningAndAdd(x3, x, b3);
                y0 = AvxVnni.MultiplyWideningAndAdd(y0, y, b0);
                y1 = AvxVnni.MultiplyWideningAndAdd(y1, y, b1);
                y2 = AvxVnni.MultiplyWideningAndAdd(y2, y, b2);
                y3 = AvxVnni.MultiplyWideningAndAdd(y3, y, b3);
            }

            Store(ref sums, row, x0, x1, x2, x3);
            Store(ref sums, row + 32, y0, y1, y2, y3);
        }
    }

    // VPMADDWD is exact on 16-bit pairs of these operands; VPMADDUBSW would saturate.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyPairs(ref int a, ref int b, ref int sums)
    {
        for (nuint u = 0; u < Edge; u++)
        {
            nuint row = unchecked(u * Edge);
            Vector256<int> x0 = Vector256.LoadUnsafe(ref sums, row), x1 = Vector256.LoadUnsafe(ref sums, row + 8);
            Vector256<int> x2 = Vector256.LoadUnsafe(ref sums, row + 16), x3 = Vector256.LoadUnsafe(ref sums, row + 24);
            for (nuint at = 0; at < 2 * Steps * Edge; at += Edge)
            {
                Vector256<short> x = Vector256.Create(Unsafe.Add(ref a, at + u)).AsInt16();
                x0 += Avx2.MultiplyAddAdjacent(x, Vector256.LoadUnsafe(ref b, at).AsInt16());
                x1 += Avx2.MultiplyAddAdjacent(x, Vector256.LoadUnsafe(ref b, at + 8).AsInt16());
                x2 += Avx2.MultiplyAddAdjacent(x, Vector256.LoadUnsafe(ref b, at + 16).AsInt16());
                x3 += Avx2.MultiplyAddAdjacent(x, Vector256.LoadUnsafe(ref b, at + 24).AsInt16());
            }

            Store(ref sums, row, x0, x1, x2, x3);
        }
    }

    // Words of four bytes become pairs of 16-bit numbers: first the bytes 0 and 2 of every word, then the bytes 1 and 3.
    private static void Widen(ref int words, ref int pairs)
    {
        for (nuint at = 0; at < Steps * Edge; at += 8)
        {
            Vector256<short> both = Vector256.LoadUnsafe(ref words, at).AsInt16();
            Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(both, 8), 8).AsInt32().StoreUnsafe(ref pairs, at);
            Vector256.ShiftRightArithmetic(both, 8).AsInt32().StoreUnsafe(ref pairs, at + (Steps * Edge));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref int sums, nuint at, Vector256<int> x0, Vector256<int> x1, Vector256<int> x2, Vector256<int> x3)
    {
        x0.StoreUnsafe(ref sums, at);
        x1.StoreUnsafe(ref sums, at + 8);
        x2.StoreUnsafe(ref sums, at + 16);
        x3.StoreUnsafe(ref sums, at + 24);
    }

    // Both halves of a vector are the same columns modulo 16, and the order of the rows does not matter to an xor.
    private static void Fold(ReadOnlySpan<int> sums, Span<uint> state)
    {
        Vector256<uint> x0 = default, x1 = default, x2 = default, x3 = default;
        ref int sum = ref MemoryMarshal.GetReference(sums);
        for (nuint at = 0; at < Edge * Edge; at += Edge)
        {
            x0 ^= Vector256.LoadUnsafe(ref sum, at).AsUInt32();
            x1 ^= Vector256.LoadUnsafe(ref sum, at + 8).AsUInt32();
            x2 ^= Vector256.LoadUnsafe(ref sum, at + 16).AsUInt32();
            x3 ^= Vector256.LoadUnsafe(ref sum, at + 24).AsUInt32();
        }

        Rotate(state, x0);
        Rotate(state[4..], x1);
        Rotate(state[8..], x2);
        Rotate(state[12..], x3);
    }

    private static void Rotate(Span<uint> state, Vector256<uint> folded)
    {
        const int turn = TileWorkParameters.StateRotation;
        Vector128<uint> words = Vector128.Create<uint>(state);
        words = Vector128.ShiftLeft(words, turn) | Vector128.ShiftRightLogical(words, 32 - turn);
        (words ^ folded.GetLower() ^ folded.GetUpper()).CopyTo(state);
    }

    // 32 x 32 bytes. Four rounds of interleaving row i with row i + 8 transpose 16 x 16 bytes in every half of the vectors.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ref byte source, nuint stride, ref byte destination)
    {
        Span<byte> scratch = stackalloc byte[Block];
        ref byte from = ref scratch[0];
        ref byte to = ref scratch[Block / 2];
        for (nuint half = 0; half < Edge; half += Edge / 2)
        {
            InterleaveRows(ref Unsafe.Add(ref source, unchecked(half * stride)), stride, ref from);
            InterleaveRows(ref from, Edge, ref to);
            InterleaveRows(ref to, Edge, ref from);
            InterleaveRows(ref from, Edge, ref to);
            for (nuint i = 0; i < 16; i++)
            {
                var column = Vector256.LoadUnsafe(ref to, unchecked(i * Edge));
                column.GetLower().StoreUnsafe(ref destination, unchecked((i * Edge) + half));
                column.GetUpper().StoreUnsafe(ref destination, unchecked(((i + 16) * Edge) + half));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InterleaveRows(ref byte source, nuint stride, ref byte destination)
    {
        for (nuint i = 0; i < 8; i++)
        {
            var x = Vector256.LoadUnsafe(ref source, unchecked(i * stride));
            var y = Vector256.LoadUnsafe(ref source, unchecked((i + 8) * stride));
            Avx2.UnpackLow(x, y).StoreUnsafe(ref destination, unchecked(2 * i * Edge));
            Avx2.UnpackHigh(x, y).StoreUnsafe(ref destination, unchecked(((2 * i) + 1) * Edge));
        }
    }
}
