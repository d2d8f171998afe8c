using System.Numerics;

namespace PoUW.Vm.Arithmetic;

/// <summary>
/// The integer softmax of the network: powers of two in Q15 with a quadratic fraction. A row of logits o with exponent s stands for
/// the reals o * 2^s. docs/vm.md holds the formulas and vectors.
/// </summary>
public static class SoftmaxBase2
{
    /// <summary>1.0 in Q15.</summary>
    public const int One = 1 << 15;

    private const int Log2OfEQ15 = 47274;
    private const int Linear = 21507;
    private const int Quadratic = 11261;
    private const int MinExponent = -31;
    private const int MaxExponent = 15;

    /// <summary>log2 of e^((logit - maximum) * 2^exponent) in Q15; never positive. The exponent is clamped to [-31, 15].</summary>
    public static long Log2Power(int logit, int maximum, long exponent)
    {
        long scaled = (long)(logit - maximum) * Log2OfEQ15;
        int s = (int)Math.Clamp(exponent, MinExponent, MaxExponent);
        return s >= 0 ? scaled << s : scaled >> -s;
    }

    /// <summary>2^(t / 2^15) in Q15 for t not above 0; 0 below 2^-30.</summary>
    public static long Power(long t)
    {
        long whole = -(t >> 15);
        long fraction = t & (One - 1);
        long mantissa = One + ((fraction * (Linear + ((Quadratic * fraction) >> 15))) >> 15);
        return whole >= 31 ? 0 : mantissa >> (int)whole;
    }

    /// <summary>Loss of a row in Q15, base 2: log2(sum of the powers) - t of the label.</summary>
    /// <param name="sum">Sum of <see cref="Power"/> over the row; at least <see cref="One"/>.</param>
    /// <param name="labelT"><see cref="Log2Power"/> of the label's logit.</param>
    public static long Loss(long sum, long labelT)
    {
        int n = BitOperations.Log2((ulong)sum);
        long fraction = (sum >> (n - 15)) - One;
        long correction = (Quadratic * ((fraction * (One - fraction)) >> 15)) >> 15;
        return ((long)(n - 15) << 15) + fraction + correction - labelT;
    }
}
