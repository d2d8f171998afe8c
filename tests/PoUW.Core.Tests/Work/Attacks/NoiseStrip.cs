namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The sparse r x r factor of one strip of noise: column q holds +1 in one row and -1 in another, or no -1. The noise of a strip is the
/// dense rows times this matrix.
/// </summary>
internal sealed class NoiseStrip
{
    private readonly int[] _plus;
    private readonly int[] _minus;

    private NoiseStrip(int[] plus, int[] minus)
    {
        _plus = plus;
        _minus = minus;
    }

    /// <summary>The strip of TW1: a permutation times a bidiagonal matrix of ones, hence of determinant +1 or -1.</summary>
    public static NoiseStrip FromPermutation(ReadOnlySpan<byte> permutation)
    {
        int[] plus = new int[permutation.Length];
        int[] minus = new int[permutation.Length];
        for (int q = 0; q < plus.Length; q++)
        {
            plus[q] = permutation[q];
            minus[q] = q > 0 ? permutation[q - 1] : -1;
        }

        return new NoiseStrip(plus, minus);
    }

    /// <summary>
    /// The noise that TW1 does not use: every column is an independent pair of distinct indices, the edge of a random graph. The rank is r
    /// less the number of the graph's components.
    /// </summary>
    public static NoiseStrip Pairs(int rank, Random random)
    {
        int[] plus = new int[rank];
        int[] minus = new int[rank];
        for (int q = 0; q < rank; q++)
        {
            plus[q] = random.Next(rank);
            minus[q] = plus[q] ^ (1 + random.Next(rank - 1));
        }

        return new NoiseStrip(plus, minus);
    }

    /// <summary>M = a * transpose(b): the increment of a tile of zero operands is U M V.</summary>
    public static long[][] Product(NoiseStrip a, NoiseStrip b)
    {
        long[][] left = a.ToMatrix();
        long[][] right = b.ToMatrix();
        return [.. left.Select(x => right.Select(y => x.Zip(y, (s, t) => s * t).Sum()).ToArray())];
    }

    /// <summary>Entry q of the strip's noise in the row with these dense entries.</summary>
    public int Entry(ReadOnlySpan<sbyte> dense, int q) => dense[_plus[q]] - (_minus[q] < 0 ? 0 : dense[_minus[q]]);

    /// <summary>sums += this * values: additions only.</summary>
    public void Scatter(ReadOnlySpan<sbyte> values, Span<int> sums)
    {
        for (int q = 0; q < values.Length; q++)
        {
            sums[_plus[q]] += values[q];
            if (_minus[q] >= 0)
            {
                sums[_minus[q]] -= values[q];
            }
        }
    }

    /// <summary>The dense form.</summary>
    public long[][] ToMatrix()
    {
        long[][] matrix = [.. _plus.Select(_ => new long[_plus.Length])];
        for (int q = 0; q < _plus.Length; q++)
        {
            matrix[_plus[q]][q] += 1;
            if (_minus[q] >= 0)
            {
                matrix[_minus[q]][q] -= 1;
            }
        }

        return matrix;
    }
}
