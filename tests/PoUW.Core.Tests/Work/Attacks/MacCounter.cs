using System.Numerics;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// Does the inner products of a miner and counts them, so that nothing that an output needs stays uncounted. What is paid once per row
/// of A or column of B is booked apart: its share of a tile falls with the size of the other operand.
/// </summary>
internal sealed class MacCounter
{
    /// <summary>Multiply-accumulates inside tiles.</summary>
    public long Products { get; private set; }

    /// <summary>Additions inside tiles beyond those of the multiply-accumulates.</summary>
    public long Additions { get; private set; }

    /// <summary>Operations on one operand alone.</summary>
    public long Amortised { get; private set; }

    /// <summary>The sum of products of two vectors of small integers.</summary>
    public long Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : IBinaryInteger<T>
    {
        Products += x.Length;

        // The entries of every caller are below 2^27 in magnitude and the vectors at most 1024 long (64 above 2^16): no overflow.
        unchecked
        {
            long sum = 0;
            for (int i = 0; i < x.Length && i < y.Length; i++)
            {
                sum += long.CreateTruncating(x[i]) * long.CreateTruncating(y[i]);
            }

            return sum;
        }
    }

    /// <summary>The same, but products by a zero of the second vector are neither done nor counted.</summary>
    public long SparseDot(ReadOnlySpan<int> x, ReadOnlySpan<int> y)
    {
        long sum = 0;
        for (int i = 0; i < y.Length; i++)
        {
            if (y[i] != 0)
            {
                sum += (long)x[i] * y[i];
                Products++;
            }
        }

        return sum;
    }

    /// <summary>Books additions inside a tile.</summary>
    public void Add(long additions) => Additions += additions;

    /// <summary>Books operations on one operand alone.</summary>
    public void Amortise(long operations) => Amortised += operations;
}
