using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// The noise of one operand of a product, expanded: the dense rows and the permutations of its seed. Filled by one thread, then read by
/// any number; the buffers are reused.
/// </summary>
internal sealed unsafe class OperandNoise : IDisposable
{
    private readonly AlignedBuffer<sbyte> _dense = new();
    private readonly AlignedBuffer<byte> _permutations = new();
    private readonly NoiseSource _source = new(Hash256.Zero, 32);

    /// <summary>Rank of the noise.</summary>
    public int Rank { get; private set; }

    /// <summary>Dense noise, rank entries a vector.</summary>
    public byte* Dense => (byte*)_dense.Pointer;

    /// <summary>For every k the entry of the dense row that enters there.</summary>
    public byte* Permutations => _permutations.Pointer;

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    /// <summary>Expands the noise of a seed.</summary>
    /// <param name="seed">seedA or seedB.</param>
    /// <param name="rank">Rank of the noise.</param>
    /// <param name="paddedInner">Padded inner dimension.</param>
    /// <param name="vectors">Padded number of vectors.</param>
    public void Expand(Hash256 seed, int rank, int paddedInner, int vectors)
    {
        Rank = rank;
        _source.Reset(seed, rank);
        _dense.Reserve(vectors * rank);
        _source.DenseRows(0, _dense.Span);
        _permutations.Reserve(paddedInner);
        _source.Permutations(0, _permutations.Span);
    }
}
