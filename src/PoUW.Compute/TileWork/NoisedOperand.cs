using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// One operand of a ticketed product as vectors along k (rows of A, columns of B): the noise of its own seed, and the tables that compress
/// a vector by the permutations of the other operand. Not thread-safe; buffers are reused.
/// </summary>
internal sealed unsafe class NoisedOperand : IDisposable
{
    private const byte Nothing = 0xff;
    private readonly AlignedBuffer<sbyte> _dense = new();
    private readonly AlignedBuffer<byte> _permutations = new();
    private readonly AlignedBuffer<byte> _previous = new();
    private readonly AlignedBuffer<byte> _inverse = new();
    private readonly AlignedBuffer<byte> _inverseNext = new();
    private readonly AlignedBuffer<sbyte> _panel = new();
    private readonly NoiseSource _noise = new(Hash256.Zero, 32);
    private int _rank;
    private int _paddedInner;

    /// <summary>Dense noise, rank entries a vector.</summary>
    public sbyte* Dense => _dense.Pointer;

    /// <summary>32 vectors of the panel that was loaded last, padded inner length each, without noise until noise is added.</summary>
    public sbyte* Panel => _panel.Pointer;

    /// <inheritdoc/>
    public void Dispose() => _noise.Dispose();

    /// <summary>Expands the noise of a seed.</summary>
    /// <param name="seed">seedA or seedB.</param>
    /// <param name="rank">Rank of the noise.</param>
    /// <param name="paddedInner">Padded inner dimension.</param>
    /// <param name="vectors">Padded number of vectors.</param>
    public void Expand(Hash256 seed, int rank, int paddedInner, int vectors)
    {
        _rank = rank;
        _paddedInner = paddedInner;
        _noise.Reset(seed, rank);
        _dense.Reserve(vectors * rank);
        _noise.DenseRows(0, _dense.Span);
        _permutations.Reserve(paddedInner);
        _noise.Permutations(0, _permutations.Span);
        _previous.Reserve(paddedInner);
        _inverse.Reserve(paddedInner);
        _inverseNext.Reserve(paddedInner);
        _panel.Reserve(TileWorkParameters.TileSize * paddedInner);
        for (int start = 0; start < paddedInner; start += rank)
        {
            FillTables(start);
        }
    }

    /// <summary>Loads 32 vectors, zeros beyond the true dimensions.</summary>
    /// <param name="stored">The stored matrix.</param>
    /// <param name="vectors">True number of vectors.</param>
    /// <param name="inner">True inner dimension.</param>
    /// <param name="innerIsRow">True when k runs down the rows of the stored matrix.</param>
    /// <param name="panel">Which 32 vectors.</param>
    public void Load(ReadOnlySpan<sbyte> stored, int vectors, int inner, bool innerIsRow, int panel)
    {
        int first = panel * TileWorkParameters.TileSize;
        int used = Math.Min(TileWorkParameters.TileSize, vectors - first);
        if (inner != _paddedInner || used != TileWorkParameters.TileSize)
        {
            _panel.Span.Clear();
        }

        fixed (sbyte* source = stored)
        {
            if (innerIsRow)
            {
                LoadTransposed((byte*)source + first, vectors, inner, used);
                return;
            }

            for (int vector = 0; vector < used; vector++)
            {
                NativeMemory.Copy(source + ((nint)(first + vector) * inner), Panel + ((nint)vector * _paddedInner), (nuint)inner);
            }
        }
    }

    /// <summary>Adds the noise of one vector of the panel in place.</summary>
    /// <param name="vector">Index inside the panel.</param>
    /// <param name="globalVector">Index in the operand.</param>
    /// <param name="bias">Xor'ed onto every entry.</param>
    /// <param name="destination">Receives the entries; may be the vector itself.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddNoise(int vector, int globalVector, byte bias, sbyte* destination)
    {
        sbyte* source = Panel + ((nint)vector * _paddedInner);
        sbyte* dense = Dense + ((nint)globalVector * _rank);
        byte* current = _permutations.Pointer;
        byte* previous = _previous.Pointer;
        if (_rank == 32)
        {
            Vector256<byte> u = Vector256.Load((byte*)dense);
            Vector256<byte> flip = Vector256.Create(bias);
            for (int i = 0; i < _paddedInner; i += 32)
            {
                Vector256<byte> noise = Vector256.Shuffle(u, Vector256.Load(current + i)) - Vector256.Shuffle(u, Vector256.Load(previous + i));
                ((Vector256.Load((byte*)source + i) + noise) ^ flip).Store((byte*)destination + i);
            }

            return;
        }

        Vector512<byte> wide = Vector512.Load((byte*)dense);
        Vector512<byte> wideFlip = Vector512.Create(bias);
        for (int i = 0; i < _paddedInner; i += 64)
        {
            Vector512<byte> noise = Vector512.Shuffle(wide, Vector512.Load(current + i)) - Vector512.Shuffle(wide, Vector512.Load(previous + i));
            ((Vector512.Load((byte*)source + i) + noise) ^ wideFlip).Store((byte*)destination + i);
        }
    }

    /// <summary>
    /// Compresses a vector x by this operand's permutations: sums[p] = sum over strips of x[q] - x[q+1], where pi(q) = p. At most 128 strips
    /// of entries in [-127, 127], so every sum stays within 2 * 128 * 127 &lt; 2^15.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Compress(sbyte* vector, short* sums)
    {
        byte* inverse = _inverse.Pointer;
        byte* next = _inverseNext.Pointer;
        for (int half = 0; half < _rank; half += 32)
        {
            Vector256<short> low = default, high = default;
            for (int i = 0; i < _paddedInner; i += _rank)
            {
                Vector256<sbyte> plus = Gather(vector + i, inverse + i + half);
                Vector256<sbyte> minus = Gather(vector + i, next + i + half);
                low += Vector256.WidenLower(plus) - Vector256.WidenLower(minus);
                high += Vector256.WidenUpper(plus) - Vector256.WidenUpper(minus);
            }

            low.Store(sums + half);
            high.Store(sums + half + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<sbyte> Gather(sbyte* strip, byte* indices) => _rank == 32
        ? Vector256.Shuffle(Vector256.Load((byte*)strip), Vector256.Load(indices)).AsSByte()
        : Vector512.Shuffle(Vector512.Load((byte*)strip), Vector512.Create(Vector256.Load(indices), Vector256<byte>.Zero)).GetLower().AsSByte();

    private void FillTables(int start)
    {
        byte* permutation = _permutations.Pointer + start;
        for (int q = 0; q < _rank; q++)
        {
            _previous.Pointer[start + q] = q == 0 ? Nothing : permutation[q - 1];
            _inverse.Pointer[start + permutation[q]] = (byte)q;
            _inverseNext.Pointer[start + permutation[q]] = q + 1 < _rank ? (byte)(q + 1) : Nothing;
        }
    }

    private void LoadTransposed(byte* source, nint sourceStride, int inner, int used)
    {
        byte* target = (byte*)Panel;
        int whole = inner & ~7;
        for (int i = 0; i < whole; i += 8)
        {
            for (int vector = 0; vector + 8 <= used; vector += 8)
            {
                ByteTranspose.Run(source + (i * sourceStride) + vector, sourceStride, target + ((nint)vector * _paddedInner) + i, _paddedInner);
            }
        }

        for (int vector = 0; vector < used; vector++)
        {
            int from = vector < (used & ~7) ? whole : 0;
            for (int i = from; i < inner; i++)
            {
                target[((nint)vector * _paddedInner) + i] = source[(i * sourceStride) + vector];
            }
        }
    }
}
