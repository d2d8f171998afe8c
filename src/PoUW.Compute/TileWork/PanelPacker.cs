using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Kernels.IntegerGemm;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Turns 32 vectors of an operand into what the kernels take, in one pass over its bytes: two packed groups of 16 noised vectors, and their
/// half of the low-rank correction. The pass goes down k with 32 vectors side by side, so that the noise of a row is two rows of a table in
/// the first cache and its compression one row of sums. Not thread-safe.
/// </summary>
internal sealed unsafe class PanelPacker
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Group = TileKernel.GroupSize;
    private const int Chunk = TileWorkParameters.InnerGranularity;
    private const int MaxRank = 64;
    private readonly AlignedBuffer<byte> _staged = new();
    private readonly AlignedBuffer<byte> _dense = new();
    private readonly AlignedBuffer<byte> _table = new();
    private readonly AlignedBuffer<short> _sums = new();

    /// <summary>Creates the working memory.</summary>
    public PanelPacker()
    {
        _staged.Reserve(Chunk * Edge);
        _dense.Reserve(MaxRank * Edge);
        _table.Reserve(MaxRank * Edge);
        _sums.Reserve((MaxRank + 1) * Edge); // One row more takes what belongs to no entry.
    }

    /// <summary>
    /// Packs rows of A: with noise, xor'ed with <paramref name="bias"/>. Factors: the rows without noise compressed by B's permutations, then
    /// the dense noise.
    /// </summary>
    /// <param name="source">Stored A.</param>
    /// <param name="paddedInner">Padded inner dimension.</param>
    /// <param name="panel">Which 32 rows.</param>
    /// <param name="own">Noise of A.</param>
    /// <param name="other">Noise of B.</param>
    /// <param name="bias">Of the kernel.</param>
    /// <param name="packed">Two groups of [k / 4][16][4].</param>
    /// <param name="factors">Two groups of [rank][16][2].</param>
    public void PackA(
        in StoredOperand source, int paddedInner, int panel, OperandNoise own, OperandNoise other, byte bias, byte* packed, short* factors)
    {
        Run(source, paddedInner, panel, own, other, new Target(packed, bias, false));
        WriteFactors(own.Rank, _sums.Pointer, factors, own.Rank, 0);
        WriteDense(own.Rank, factors, own.Rank / 2);
    }

    /// <summary>
    /// Packs columns of B, with noise. Factors: the dense noise, then the noised columns compressed by A's permutations. At most 128 strips
    /// of entries in [-127, 126], so every sum stays within 2 * 128 * 127 &lt; 2^15.
    /// </summary>
    /// <param name="source">Stored B.</param>
    /// <param name="paddedInner">Padded inner dimension.</param>
    /// <param name="panel">Which 32 columns.</param>
    /// <param name="own">Noise of B.</param>
    /// <param name="other">Noise of A.</param>
    /// <param name="packed">Two groups of [k / 4][16][4].</param>
    /// <param name="factors">Two groups of [rank][16][2].</param>
    public void PackB(
        in StoredOperand source, int paddedInner, int panel, OperandNoise own, OperandNoise other, byte* packed, short* factors)
    {
        Run(source, paddedInner, panel, own, other, new Target(packed, 0, true));
        WriteDense(own.Rank, factors, 0);
        WriteFactors(own.Rank, _sums.Pointer, factors, own.Rank, own.Rank / 2);
    }

    private void Run(in StoredOperand source, int paddedInner, int panel, OperandNoise own, OperandNoise other, Target target)
    {
        int rank = own.Rank;
        FillTable(own.Dense + ((nint)panel * Edge * rank), rank);
        _sums.Span.Clear();
        target.GroupBytes = (nint)Group * paddedInner;
        var strip = new Strip(_table.Pointer, _sums.Pointer, rank);
        for (int k = 0; k < paddedInner; k += Chunk)
        {
            byte* rows = Rows(source, panel * Edge, k, out nint stride);
            Pack(strip, rows, stride, own.Permutations + k, other.Permutations + k, target);
            target.Packed += Chunk * Group;
        }
    }

    // The dense noise by entry instead of by vector.
    private void FillTable(byte* dense, int rank)
    {
        for (int vector = 0; vector < Edge; vector += ByteTranspose.Edge)
        {
            for (int entry = 0; entry < rank; entry += ByteTranspose.Edge)
            {
                ByteTranspose.Run(dense + (vector * rank) + entry, rank, _table.Pointer + (entry * Edge) + vector, Edge);
            }
        }
    }

    // The next rows of 32 vectors: where they are if all of them exist, otherwise copied, with zeros beyond the matrix.
    private byte* Rows(in StoredOperand source, int first, int k, out nint stride)
    {
        int vectors = Math.Min(Edge, source.Vectors - first);
        int count = Math.Clamp(source.Inner - k, 0, Chunk);
        if (source.InnerIsRow && vectors == Edge && count == Chunk)
        {
            stride = source.Stride;
            return source.At(first, k);
        }

        if (vectors < Edge || count < Chunk)
        {
            _staged.Span.Clear();
        }

        if (source.InnerIsRow)
        {
            for (int row = 0; row < count; row++)
            {
                new ReadOnlySpan<byte>(source.At(first, k + row), vectors).CopyTo(_staged.Span.Slice(row * Edge, vectors));
            }
        }
        else
        {
            StageTransposed(source, first, vectors, k, count);
        }

        stride = Edge;
        return _staged.Pointer;
    }

    private void StageTransposed(in StoredOperand source, int first, int vectors, int k, int count)
    {
        sbyte* block = stackalloc sbyte[ByteBlocks.Bytes];
        for (int vector = 0; vector < vectors; vector += ByteTranspose.Edge)
        {
            int present = Math.Min(ByteTranspose.Edge, vectors - vector);
            for (int row = 0; row < count; row += ByteTranspose.Edge)
            {
                byte* target = _staged.Pointer + (row * Edge) + vector;
                byte* from = source.At(first + vector, k + row);
                if (present == ByteTranspose.Edge && count - row >= ByteTranspose.Edge)
                {
                    ByteTranspose.Run(from, source.Stride, target, Edge);
                    continue;
                }

                ByteBlocks.Stage((sbyte*)from, source.Stride, present, Math.Min(ByteTranspose.Edge, count - row), block);
                ByteTranspose.Run((byte*)block, ByteTranspose.Edge, target, Edge);
            }
        }
    }

    /// <summary>Packs a chunk: noise of entry q is u[pi(q)] - u[pi(q-1)]; the sums get x[q] - x[q+1] at the other's pi(q).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack(Strip strip, byte* rows, nint stride, byte* own, byte* other, Target target)
    {
        Vector256<byte> flip = Vector256.Create(target.Bias);
        byte* packed = target.Packed;
        unchecked // Addresses stay inside the panel and the tables; sums of bytes are modulo 2^8 by design of the noise.
        {
            for (int start = 0; start < Chunk; start += strip.Rank)
            {
                strip.Begin();
                for (int q = 0; q < strip.Rank; q += 4, own += 4, other += 4)
                {
                    Vector256<byte> a = strip.Next(rows, own[0], other[0], target.SumNoised);
                    rows += stride;
                    Vector256<byte> b = strip.Next(rows, own[1], other[1], target.SumNoised);
                    rows += stride;
                    Vector256<byte> c = strip.Next(rows, own[2], other[2], target.SumNoised);
                    rows += stride;
                    Vector256<byte> d = strip.Next(rows, own[3], other[3], target.SumNoised);
                    rows += stride;
                    Interleave(a ^ flip, b ^ flip, c ^ flip, d ^ flip, packed, packed + target.GroupBytes);
                    packed += 4 * Group;
                }

                strip.End();
            }
        }
    }

    // 4 rows of 32 bytes become the words of 16 vectors each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(
        Vector256<byte> a, Vector256<byte> b, Vector256<byte> c, Vector256<byte> d, byte* first, byte* second)
    {
        if (!Avx2.IsSupported)
        {
            InterleaveHalf(a.GetLower(), b.GetLower(), c.GetLower(), d.GetLower(), first);
            InterleaveHalf(a.GetUpper(), b.GetUpper(), c.GetUpper(), d.GetUpper(), second);
            return;
        }

        Vector256<short> ab0 = Avx2.UnpackLow(a, b).AsInt16();
        Vector256<short> ab1 = Avx2.UnpackHigh(a, b).AsInt16();
        Vector256<short> cd0 = Avx2.UnpackLow(c, d).AsInt16();
        Vector256<short> cd1 = Avx2.UnpackHigh(c, d).AsInt16();
        Vector256<byte> w0 = Avx2.UnpackLow(ab0, cd0).AsByte();
        Vector256<byte> w1 = Avx2.UnpackHigh(ab0, cd0).AsByte();
        Vector256<byte> w2 = Avx2.UnpackLow(ab1, cd1).AsByte();
        Vector256<byte> w3 = Avx2.UnpackHigh(ab1, cd1).AsByte();
        Avx2.Permute2x128(w0, w1, 0x20).Store(first);
        Avx2.Permute2x128(w2, w3, 0x20).Store(first + 32);
        Avx2.Permute2x128(w0, w1, 0x31).Store(second);
        Avx2.Permute2x128(w2, w3, 0x31).Store(second + 32);
    }

    private static void InterleaveHalf(Vector128<byte> a, Vector128<byte> b, Vector128<byte> c, Vector128<byte> d, byte* destination)
    {
        Vector128<int> w0 = a.AsInt32(), w1 = b.AsInt32(), w2 = c.AsInt32(), w3 = d.AsInt32();
        ByteBlocks.Interleave(ref w0, ref w1, ref w2, ref w3);
        w0.AsByte().Store(destination);
        w1.AsByte().Store(destination + 16);
        w2.AsByte().Store(destination + 32);
        w3.AsByte().Store(destination + 48);
    }

    private void WriteDense(int rank, short* factors, int firstPair)
    {
        short* wide = (short*)_staged.Pointer; // The last chunk is packed, so its memory is free.
        sbyte* table = (sbyte*)_table.Pointer;
        for (int i = 0; i < rank * Edge; i += Vector256<sbyte>.Count)
        {
            Vector256<sbyte> entries = Vector256.Load(table + i);
            Vector256.WidenLower(entries).Store(wide + i);
            Vector256.WidenUpper(entries).Store(wide + i + Group);
        }

        WriteFactors(rank, wide, factors, rank, firstPair);
    }

    // [rank][32 vectors] becomes two groups of pairs of entries, [rank / 2][16 vectors][2]; a group has 2 * rank entries a vector.
    private static void WriteFactors(int rank, short* rows, short* factors, int pairs, int firstPair)
    {
        Vector256<int> low = Vector256.Create(0xffff);
        for (int pair = 0; pair < rank / 2; pair++)
        {
            for (int vector = 0; vector < Edge; vector += Group)
            {
                Vector256<short> even = Vector256.Load(rows + (2 * pair * Edge) + vector);
                Vector256<short> odd = Vector256.Load(rows + (((2 * pair) + 1) * Edge) + vector);
                int* target = (int*)factors + (((vector / Group * pairs) + firstPair + pair) * Group);
                ((Vector256.WidenLower(even) & low) | (Vector256.WidenLower(odd) << 16)).Store(target);
                ((Vector256.WidenUpper(even) & low) | (Vector256.WidenUpper(odd) << 16)).Store(target + 8);
            }
        }
    }

    /// <summary>Where packed rows go, and how.</summary>
    private struct Target(byte* packed, byte bias, bool sumNoised)
    {
        public readonly byte Bias = bias;
        public readonly bool SumNoised = sumNoised;
        public byte* Packed = packed;
        public nint GroupBytes = 0;
    }

    /// <summary>The state of a pass down one strip of k.</summary>
    private struct Strip(byte* table, short* sums, int rank)
    {
        public readonly int Rank = rank;
        private short* _target;
        private Vector256<byte> _noise;
        private Vector256<short> _low;
        private Vector256<short> _high;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Begin()
        {
            _target = sums + (MaxRank * Edge);
            _noise = default;
            _low = default;
            _high = default;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Next(byte* row, int own, int other, bool sumNoised)
        {
            Vector256<byte> raw = Vector256.Load(row);
            Vector256<byte> noise = Vector256.Load(table + (own * Edge));
            Vector256<byte> noised = raw + (noise - _noise);
            Vector256<sbyte> summed = (sumNoised ? noised : raw).AsSByte();
            Vector256<short> low = Vector256.WidenLower(summed);
            Vector256<short> high = Vector256.WidenUpper(summed);
            (Vector256.Load(_target) + (_low - low)).Store(_target);
            (Vector256.Load(_target + Group) + (_high - high)).Store(_target + Group);
            _target = sums + (other * Edge);
            _noise = noise;
            _low = low;
            _high = high;
            return noised;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void End()
        {
            (Vector256.Load(_target) + _low).Store(_target);
            (Vector256.Load(_target + Group) + _high).Store(_target + Group);
        }
    }
}
