using System.Numerics;

namespace PoUW.Vm.Arithmetic;

/// <summary>The rounding rules of integer training. Their vectors in docs/vm.md are normative.</summary>
public static class IntegerRounding
{
    /// <summary>ceil(log2 value); 0 for values not above 1.</summary>
    public static int BitWidth(long value) => value <= 1 ? 0 : 64 - BitOperations.LeadingZeroCount((ulong)(value - 1));

    /// <summary>(value + 2^(shift-1)) &gt;&gt; shift: half up. Shift 0 copies.</summary>
    /// <param name="value">Any 32-bit value.</param>
    /// <param name="shift">0 to 31.</param>
    public static long RoundShift(int value, int shift) => shift == 0 ? value : (value + (1L << (shift - 1))) >> shift;

    /// <summary>
    /// Pseudo-stochastic rounding by 2^shift on the magnitude (NITI, Wang et al. 2020): of the discarded bits the high half is the
    /// probability and the low half the random number; the magnitude rounds up if high is above low. Shift 0 copies.
    /// </summary>
    /// <param name="value">Any 32-bit value.</param>
    /// <param name="shift">0 to 31.</param>
    public static long Psto(int value, int shift)
    {
        long magnitude = Math.Abs((long)value);
        long quotient = magnitude >> shift;
        if (shift > 0)
        {
            long rest = magnitude & ((1L << shift) - 1);
            int lowBits = shift / 2;
            long low = (rest & ((1L << lowBits) - 1)) << (shift & 1);
            quotient += (rest >> lowBits) > low ? 1 : 0;
        }

        return value < 0 ? -quotient : quotient;
    }
}
