using static PoUW.Vm.Arithmetic.Fp32Coefficients;

namespace PoUW.Vm.Arithmetic;

/// <summary>
/// The elementary functions of reproducible fp32. A function widens its argument to binary64, which is exact, runs a fixed sequence of
/// IEEE 754 operations in round to nearest even (+, -, *, /, square root, fused multiply-add, comparisons, integer operations on the bits)
/// and rounds once to binary32. So its bits are the same on every machine with a conforming binary64 and gradual underflow, and kernels
/// that repeat the sequence lane by lane are equal to it. The order of operations and the use of fused multiply-add are normative.
/// Every NaN that comes out is 0x7FC00000. Errors are in units of the last place of binary32 at the exact result; the bounds are one half plus
/// the error of the polynomial, and the sweep of the benchmarks (--sweep fp32) measures them. All functions are pure and thread-safe.
/// </summary>
public static class Fp32
{
    /// <summary>The bits of the only NaN that reproducible fp32 stores.</summary>
    public const uint CanonicalNaNBits = 0x7FC00000;

    /// <summary>The value itself, or the canonical NaN for any NaN.</summary>
    public static float Canonical(float value) =>
        float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(CanonicalNaNBits) : value;

    /// <summary>IEEE 754-2019 maximum: NaN if either is NaN; +0 is above -0.</summary>
    public static float Max(float left, float right)
    {
        if (float.IsNaN(left) || float.IsNaN(right))
        {
            return Canonical(float.NaN);
        }

        return left == right ? And(left, right) : left > right ? left : right;
    }

    /// <summary>IEEE 754-2019 minimum: NaN if either is NaN; -0 is below +0.</summary>
    public static float Min(float left, float right)
    {
        if (float.IsNaN(left) || float.IsNaN(right))
        {
            return Canonical(float.NaN);
        }

        return left == right ? Or(left, right) : left < right ? left : right;
    }

    /// <summary>e^x. exp(+-0) = 1, exp(-inf) = +0, exp(+inf) = +inf.</summary>
    /// <remarks>Error below 0.500003. Never falls.</remarks>
    public static float Exp(float x)
    {
        double clamped = Above(Below(x, ExpHighest), ExpLowest);
        return Round(x, ExpCore(clamped));
    }

    /// <summary>The natural logarithm. log(+-0) = -inf, log(1) = +0, log(+inf) = +inf, NaN below zero.</summary>
    /// <remarks>Error below 0.500003. Never falls.</remarks>
    public static float Log(float x)
    {
        double wide = x;

        // x = 2^k * m with m in [sqrt(1/2), sqrt(2)).
        long bits = unchecked(BitConverter.DoubleToInt64Bits(wide) + (OneBits - SqrtHalfBits));
        long biased = bits >>> 52;
        double k = BitConverter.Int64BitsToDouble(biased | TwoTo52Bits) - LogBias;
        double m = BitConverter.Int64BitsToDouble(unchecked((bits & MantissaMask) + SqrtHalfBits));

        // ln m = 2 artanh s = 2 s + s^3 P(s^2).
        double f = m - 1;
        double s = f / (f + 2);
        double z = s * s;
        double p = Fma(z, LogP4, LogP3);
        p = Fma(p, z, LogP2);
        p = Fma(p, z, LogP1);
        p = Fma(p, z, LogP0);
        p = Fma(p, z, 2);
        double result = Fma(k, Ln2, s * p);

        result = wide == 0 ? double.NegativeInfinity : result;
        result = wide == double.PositiveInfinity ? double.PositiveInfinity : result;
        return Round(x, wide < 0 ? double.NaN : result);
    }

    /// <summary>The hyperbolic tangent. Odd; tanh(+-0) = +-0, tanh(+-inf) = +-1.</summary>
    /// <remarks>Error below 0.500003. Never falls.</remarks>
    public static float Tanh(float x)
    {
        double a = Below(Math.Abs((double)x), TanhLimit);
        (double scale, double fraction) = ExpParts(a + a);
        double t = Fma(scale, fraction, scale - 1); // e^2a - 1
        return Round(x, Math.CopySign(t / (t + 2), x));
    }

    /// <summary>1 / (1 + e^-x). sigmoid(+-0) = 1/2, sigmoid(-inf) = +0, sigmoid(+inf) = 1.</summary>
    /// <remarks>Error below 0.500003. Never falls.</remarks>
    public static float Sigmoid(float x)
    {
        double clamped = Above(Below(-(double)x, SigmoidLimit), -SigmoidLimit);
        return Round(x, 1 / (1 + ExpCore(clamped)));
    }

    /// <summary>1 / sqrt(x), IEEE 754's rSqrt: rsqrt(+-0) = +-inf, rsqrt(+inf) = +0, NaN below zero.</summary>
    /// <remarks>Error below 0.500001.</remarks>
    public static float Rsqrt(float x) => Round(x, 1 / Math.Sqrt((double)x));

    /// <summary>The error function 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x. Odd; erf(+-0) = +-0, erf(+-inf) = +-1.</summary>
    /// <remarks>Error below 0.500003. Never falls.</remarks>
    public static float Erf(float x)
    {
        // erf z = (1 - E) + E (1 - R) with E = e^(-z^2) and R = erfc(z) / E: a sum of positive terms, so nothing cancels.
        double z = Below(Math.Abs((double)x), ErfLimit);
        double u = 1 / (z + 3);
        double t = Fma(-6, u, 1);
        (double scale, double fraction) = ExpParts(-(z * z));
        double e = Fma(scale, fraction, scale);
        double minusOne = Fma(scale, fraction, scale - 1);
        double result = Fma(e, z * u * ErfPolynomial(t), -minusOne);
        return Round(x, Math.CopySign(result, x));
    }

    /// <summary>
    /// x Phi(x), Phi the normal distribution: the exact GELU. gelu(+-0) = +-0, gelu(+inf) = +inf, gelu(-inf) = -0, the limit.
    /// </summary>
    /// <remarks>Error below 0.50002, in the negative tail too, down to subnormal results.</remarks>
    public static float Gelu(float x)
    {
        double wide = x;
        double a = Below(Math.Abs(wide), NormalLimit);
        double u = 1 / (a + 4);
        double t = Fma(-8, u, 1);
        double e = ExpCore(a * a * -0.5);
        double tail = e * (u * TailPolynomial(t)); // Phi(-a)
        double phi = wide < 0 ? tail : 1 - tail;
        return Round(x, Above(wide, -NormalLimit) * phi);
    }

    /// <summary>Phi(x) + x phi(x), the derivative of <see cref="Gelu"/>: 1/2 at +-0, 1 at +inf, -0 at -inf.</summary>
    /// <remarks>Error below 0.50001, next to its zero at -0.75179 too.</remarks>
    public static float GeluGradient(float x)
    {
        // For x = -a below zero it is E (SlopeZero - a) S(a): the zero is factored out, so nothing cancels next to it.
        double wide = x;
        double a = Below(Math.Abs(wide), NormalLimit);
        double u = 1 / (a + 4);
        double t = Fma(-8, u, 1);
        double e = ExpCore(a * a * -0.5);
        double distance = SlopeZero - a + SlopeZeroLow;
        double below = e * (distance * SlopePolynomial(t));
        return Round(x, wide < 0 ? below : 1 - below);
    }

    /// <summary>
    /// cos(2 pi x) of x turns. Exact points: 1 and -1 at whole and half turns, +0 at quarters. Numbers from 2^24 are whole turns; NaN for
    /// infinities.
    /// </summary>
    /// <remarks>Error below 0.500003.</remarks>
    public static float CosTwoPi(float x) => Round(x, TurnFunction(x, 1));

    /// <summary>
    /// sin(2 pi x) of x turns. Odd. Exact points: 1 and -1 at quarter turns, a zero with the sign of x at half turns. Numbers from 2^24
    /// are whole turns; NaN for infinities.
    /// </summary>
    /// <remarks>Error below 0.500003.</remarks>
    public static float SinTwoPi(float x) => Round(x, Math.CopySign(1, x) * TurnFunction(x, 0));

    /// <summary>e^y for y in [-163 ln 2, 163 ln 2].</summary>
    private static double ExpCore(double y)
    {
        (double scale, double fraction) = ExpParts(y);
        return Fma(scale, fraction, scale);
    }

    /// <summary>e^y = scale (1 + fraction), scale a power of two, |fraction| below sqrt(2) - 1 and exact in the relative sense.</summary>
    private static (double Scale, double Fraction) ExpParts(double y)
    {
        double shifted = Fma(y, Log2E, RoundToInteger);
        double n = shifted - RoundToInteger;
        double scale = BitConverter.Int64BitsToDouble(unchecked((BitConverter.DoubleToInt64Bits(shifted) << 52) + OneBits));
        double r = Fma(n, -Ln2, y);
        double p = Fma(r, ExpP7, ExpP6);
        p = Fma(p, r, ExpP5);
        p = Fma(p, r, ExpP4);
        p = Fma(p, r, ExpP3);
        p = Fma(p, r, ExpP2);
        p = Fma(p, r, ExpP1);
        p = Fma(p, r, ExpP0);
        return (scale, Fma(r * r, p, r));
    }

    /// <summary>sin(2 pi (|x| + quarters / 4)), +0 for a zero. NaN if x is not finite.</summary>
    private static double TurnFunction(float x, long quarters)
    {
        double a = Math.Abs((double)x);
        double reduced = a < WholeTurns ? a : 0;

        // |x| = k / 4 + r, exact, |r| up to 1/8. The low bits of k's sum are k modulo 4.
        double shifted = Fma(reduced, 4, RoundToInteger);
        double r = Fma(shifted - RoundToInteger, -0.25, reduced);
        long quadrant = unchecked(BitConverter.DoubleToInt64Bits(shifted) + quarters);
        double z = r * r;
        double chosen = (quadrant & 1) == 0 ? SinOfTurn(r, z) : CosOfTurn(z);
        double signed = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(chosen) ^ ((quadrant & 2) << 62));

        // Turns -0 into +0.
        double result = signed + 0.0;
        return a < double.PositiveInfinity ? result : double.NaN;
    }

    private static double SinOfTurn(double r, double z)
    {
        double p = Fma(z, SinP4, SinP3);
        p = Fma(p, z, SinP2);
        p = Fma(p, z, SinP1);
        p = Fma(p, z, SinP0);
        return r * Fma(p, z, TwoPi);
    }

    private static double CosOfTurn(double z)
    {
        double p = Fma(z, CosP4, CosP3);
        p = Fma(p, z, CosP2);
        p = Fma(p, z, CosP1);
        p = Fma(p, z, CosP0);
        return Fma(p, z, 1);
    }

    private static double TailPolynomial(double t)
    {
        double p = Fma(t, TailP14, TailP13);
        p = Fma(p, t, TailP12);
        p = Fma(p, t, TailP11);
        p = Fma(p, t, TailP10);
        p = Fma(p, t, TailP9);
        p = Fma(p, t, TailP8);
        p = Fma(p, t, TailP7);
        p = Fma(p, t, TailP6);
        p = Fma(p, t, TailP5);
        p = Fma(p, t, TailP4);
        p = Fma(p, t, TailP3);
        p = Fma(p, t, TailP2);
        p = Fma(p, t, TailP1);
        return Fma(p, t, TailP0);
    }

    private static double SlopePolynomial(double t)
    {
        double p = Fma(t, SlopeP13, SlopeP12);
        p = Fma(p, t, SlopeP11);
        p = Fma(p, t, SlopeP10);
        p = Fma(p, t, SlopeP9);
        p = Fma(p, t, SlopeP8);
        p = Fma(p, t, SlopeP7);
        p = Fma(p, t, SlopeP6);
        p = Fma(p, t, SlopeP5);
        p = Fma(p, t, SlopeP4);
        p = Fma(p, t, SlopeP3);
        p = Fma(p, t, SlopeP2);
        p = Fma(p, t, SlopeP1);
        return Fma(p, t, SlopeP0);
    }

    private static double ErfPolynomial(double t)
    {
        double p = Fma(t, ErfP12, ErfP11);
        p = Fma(p, t, ErfP10);
        p = Fma(p, t, ErfP9);
        p = Fma(p, t, ErfP8);
        p = Fma(p, t, ErfP7);
        p = Fma(p, t, ErfP6);
        p = Fma(p, t, ErfP5);
        p = Fma(p, t, ErfP4);
        p = Fma(p, t, ErfP3);
        p = Fma(p, t, ErfP2);
        p = Fma(p, t, ErfP1);
        return Fma(p, t, ErfP0);
    }

    /// <summary>The one rounding to binary32; NaN if the argument or the result is.</summary>
    private static float Round(float argument, double result) => Canonical(float.IsNaN(argument) ? float.NaN : (float)result);

    /// <summary>The value, at most the limit; the limit for NaN.</summary>
    private static double Below(double value, double limit) => value < limit ? value : limit;

    /// <summary>The value, at least the limit; the limit for NaN.</summary>
    private static double Above(double value, double limit) => value > limit ? value : limit;

    private static double Fma(double x, double y, double z) => Math.FusedMultiplyAdd(x, y, z);

    private static float And(float left, float right) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(left) & BitConverter.SingleToUInt32Bits(right));

    private static float Or(float left, float right) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(left) | BitConverter.SingleToUInt32Bits(right));
}
