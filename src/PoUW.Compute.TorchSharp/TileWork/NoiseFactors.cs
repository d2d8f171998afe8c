using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>
/// The noise of one operand as a product of two small matrices (docs/tile-work.md, "Taking the noise off"): dense rows, and what the permutations
/// make of them along k. Every column of the second has one or two entries, so the product is exact in any number type.
/// </summary>
internal sealed class NoiseFactors
{
    /// <summary>Expands the noise of a seed.</summary>
    /// <param name="seed">seedA or seedB.</param>
    /// <param name="rank">Rank of the noise.</param>
    /// <param name="paddedInner">Padded inner dimension.</param>
    /// <param name="vectors">Rows of A or columns of B, padded.</param>
    public NoiseFactors(Hash256 seed, int rank, int paddedInner, int vectors)
    {
        using NoiseSource source = new(seed, rank);
        Dense = new sbyte[vectors * rank];
        source.DenseRows(0, Dense);
        byte[] permutations = new byte[paddedInner];
        source.Permutations(0, permutations);
        Along = new sbyte[rank * paddedInner];
        for (int k = 0; k < paddedInner; k++)
        {
            Along[(permutations[k] * paddedInner) + k] = 1;
            if (k % rank != 0)
            {
                Along[(permutations[k - 1] * paddedInner) + k] = -1;
            }
        }
    }

    /// <summary>vectors x rank.</summary>
    public sbyte[] Dense { get; }

    /// <summary>rank x padded k.</summary>
    public sbyte[] Along { get; }
}
