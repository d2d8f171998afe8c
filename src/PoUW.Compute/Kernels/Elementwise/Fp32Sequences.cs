using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Arithmetic;
using static PoUW.Vm.Arithmetic.Fp32Coefficients;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>
/// The sequences of <see cref="Fp32"/> on vectors of one lane. Each method is its namesake there line by line; a change of an operation
/// or of an order here is an error, and the sweep over all arguments shows it.
/// </summary>
internal static class Fp32Sequences<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Exp(TWide x)
    {
        TWide clamped = Above(Below(x, C(ExpHighest)), C(ExpLowest));
        return ExpCore(clamped);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Log(TWide x)
    {
        TWide bits = TLane.AddBits(x, B(OneBits - SqrtHalfBits));
        TWide biased = TLane.ShiftRightBits(bits, 52);
        TWide k = TLane.Subtract(TLane.Or(biased, B(TwoTo52Bits)), C(LogBias));
        TWide m = TLane.AddBits(TLane.And(bits, B(MantissaMask)), B(SqrtHalfBits));

        TWide f = TLane.Subtract(m, C(1));
        TWide s = TLane.Divide(f, TLane.Add(f, C(2)));
        TWide z = TLane.Multiply(s, s);
        TWide p = TLane.Fma(z, C(LogP4), C(LogP3));
        p = TLane.Fma(p, z, C(LogP2));
        p = TLane.Fma(p, z, C(LogP1));
        p = TLane.Fma(p, z, C(LogP0));
        p = TLane.Fma(p, z, C(2));
        TWide result = TLane.Fma(k, C(Ln2), TLane.Multiply(s, p));

        result = TLane.Select(TLane.Equal(x, C(0)), C(double.NegativeInfinity), result);
        result = TLane.Select(TLane.Equal(x, C(double.PositiveInfinity)), C(double.PositiveInfinity), result);
        return TLane.Select(TLane.Less(x, C(0)), C(double.NaN), result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Tanh(TWide x)
    {
        TWide a = Below(TLane.Abs(x), C(TanhLimit));
        (TWide scale, TWide fraction) = ExpParts(TLane.Add(a, a));
        TWide t = TLane.Fma(scale, fraction, TLane.Subtract(scale, C(1)));
        return CopySign(TLane.Divide(t, TLane.Add(t, C(2))), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Sigmoid(TWide x)
    {
        TWide clamped = Above(Below(Negate(x), C(SigmoidLimit)), C(-SigmoidLimit));
        return TLane.Divide(C(1), TLane.Add(C(1), ExpCore(clamped)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Rsqrt(TWide x) => TLane.Divide(C(1), TLane.Sqrt(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Erf(TWide x)
    {
        TWide z = Below(TLane.Abs(x), C(ErfLimit));
        TWide u = TLane.Divide(C(1), TLane.Add(z, C(3)));
        TWide t = TLane.Fma(C(-6), u, C(1));
        (TWide scale, TWide fraction) = ExpParts(Negate(TLane.Multiply(z, z)));
        TWide e = TLane.Fma(scale, fraction, scale);
        TWide minusOne = TLane.Fma(scale, fraction, TLane.Subtract(scale, C(1)));
        TWide result = TLane.Fma(e, TLane.Multiply(TLane.Multiply(z, u), ErfPolynomial(t)), Negate(minusOne));
        return CopySign(result, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide Gelu(TWide x)
    {
        TWide a = Below(TLane.Abs(x), C(NormalLimit));
        TWide u = TLane.Divide(C(1), TLane.Add(a, C(4)));
        TWide t = TLane.Fma(C(-8), u, C(1));
        TWide e = ExpCore(TLane.Multiply(TLane.Multiply(a, a), C(-0.5)));
        TWide tail = TLane.Multiply(e, TLane.Multiply(u, TailPolynomial(t)));
        TWide phi = TLane.Select(TLane.Less(x, C(0)), tail, TLane.Subtract(C(1), tail));
        return TLane.Multiply(Above(x, C(-NormalLimit)), phi);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide GeluGradient(TWide x)
    {
        TWide a = Below(TLane.Abs(x), C(NormalLimit));
        TWide u = TLane.Divide(C(1), TLane.Add(a, C(4)));
        TWide t = TLane.Fma(C(-8), u, C(1));
        TWide e = ExpCore(TLane.Multiply(TLane.Multiply(a, a), C(-0.5)));
        TWide distance = TLane.Add(TLane.Subtract(C(SlopeZero), a), C(SlopeZeroLow));
        TWide below = TLane.Multiply(e, TLane.Multiply(distance, SlopePolynomial(t)));
        return TLane.Select(TLane.Less(x, C(0)), below, TLane.Subtract(C(1), below));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide CosTwoPi(TWide x) => TurnFunction(x, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TWide SinTwoPi(TWide x) => TLane.Multiply(CopySign(C(1), x), TurnFunction(x, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide ExpCore(TWide y)
    {
        (TWide scale, TWide fraction) = ExpParts(y);
        return TLane.Fma(scale, fraction, scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TWide Scale, TWide Fraction) ExpParts(TWide y)
    {
        TWide shifted = TLane.Fma(y, C(Log2E), C(RoundToInteger));
        TWide n = TLane.Subtract(shifted, C(RoundToInteger));
        TWide scale = TLane.AddBits(TLane.ShiftLeftBits(shifted, 52), B(OneBits));
        TWide r = TLane.Fma(n, C(-Ln2), y);
        TWide p = TLane.Fma(r, C(ExpP7), C(ExpP6));
        p = TLane.Fma(p, r, C(ExpP5));
        p = TLane.Fma(p, r, C(ExpP4));
        p = TLane.Fma(p, r, C(ExpP3));
        p = TLane.Fma(p, r, C(ExpP2));
        p = TLane.Fma(p, r, C(ExpP1));
        p = TLane.Fma(p, r, C(ExpP0));
        return (scale, TLane.Fma(TLane.Multiply(r, r), p, r));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide TurnFunction(TWide x, long quarters)
    {
        TWide a = TLane.Abs(x);
        TWide reduced = TLane.Select(TLane.Less(a, C(WholeTurns)), a, C(0));

        TWide shifted = TLane.Fma(reduced, C(4), C(RoundToInteger));
        TWide r = TLane.Fma(TLane.Subtract(shifted, C(RoundToInteger)), C(-0.25), reduced);
        TWide quadrant = TLane.AddBits(shifted, B(quarters));
        TWide z = TLane.Multiply(r, r);

        // The odd bit as the sign of 1.0, which a comparison spreads.
        TWide odd = TLane.Less(TLane.Or(TLane.ShiftLeftBits(quadrant, 63), C(1)), C(0));
        TWide chosen = TLane.Select(odd, CosOfTurn(z), SinOfTurn(r, z));
        TWide signed = TLane.Xor(chosen, TLane.ShiftLeftBits(TLane.And(quadrant, B(2)), 62));

        TWide result = TLane.Add(signed, C(0));
        return TLane.Select(TLane.Less(a, C(double.PositiveInfinity)), result, C(double.NaN));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide SinOfTurn(TWide r, TWide z)
    {
        TWide p = TLane.Fma(z, C(SinP4), C(SinP3));
        p = TLane.Fma(p, z, C(SinP2));
        p = TLane.Fma(p, z, C(SinP1));
        p = TLane.Fma(p, z, C(SinP0));
        return TLane.Multiply(r, TLane.Fma(p, z, C(TwoPi)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide CosOfTurn(TWide z)
    {
        TWide p = TLane.Fma(z, C(CosP4), C(CosP3));
        p = TLane.Fma(p, z, C(CosP2));
        p = TLane.Fma(p, z, C(CosP1));
        p = TLane.Fma(p, z, C(CosP0));
        return TLane.Fma(p, z, C(1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide TailPolynomial(TWide t)
    {
        TWide p = TLane.Fma(t, C(TailP14), C(TailP13));
        p = TLane.Fma(p, t, C(TailP12));
        p = TLane.Fma(p, t, C(TailP11));
        p = TLane.Fma(p, t, C(TailP10));
        p = TLane.Fma(p, t, C(TailP9));
        p = TLane.Fma(p, t, C(TailP8));
        p = TLane.Fma(p, t, C(TailP7));
        p = TLane.Fma(p, t, C(TailP6));
        p = TLane.Fma(p, t, C(TailP5));
        p = TLane.Fma(p, t, C(TailP4));
        p = TLane.Fma(p, t, C(TailP3));
        p = TLane.Fma(p, t, C(TailP2));
        p = TLane.Fma(p, t, C(TailP1));
        return TLane.Fma(p, t, C(TailP0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide SlopePolynomial(TWide t)
    {
        TWide p = TLane.Fma(t, C(SlopeP13), C(SlopeP12));
        p = TLane.Fma(p, t, C(SlopeP11));
        p = TLane.Fma(p, t, C(SlopeP10));
        p = TLane.Fma(p, t, C(SlopeP9));
        p = TLane.Fma(p, t, C(SlopeP8));
        p = TLane.Fma(p, t, C(SlopeP7));
        p = TLane.Fma(p, t, C(SlopeP6));
        p = TLane.Fma(p, t, C(SlopeP5));
        p = TLane.Fma(p, t, C(SlopeP4));
        p = TLane.Fma(p, t, C(SlopeP3));
        p = TLane.Fma(p, t, C(SlopeP2));
        p = TLane.Fma(p, t, C(SlopeP1));
        return TLane.Fma(p, t, C(SlopeP0));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide ErfPolynomial(TWide t)
    {
        TWide p = TLane.Fma(t, C(ErfP12), C(ErfP11));
        p = TLane.Fma(p, t, C(ErfP10));
        p = TLane.Fma(p, t, C(ErfP9));
        p = TLane.Fma(p, t, C(ErfP8));
        p = TLane.Fma(p, t, C(ErfP7));
        p = TLane.Fma(p, t, C(ErfP6));
        p = TLane.Fma(p, t, C(ErfP5));
        p = TLane.Fma(p, t, C(ErfP4));
        p = TLane.Fma(p, t, C(ErfP3));
        p = TLane.Fma(p, t, C(ErfP2));
        p = TLane.Fma(p, t, C(ErfP1));
        return TLane.Fma(p, t, C(ErfP0));
    }

    /// <summary>The value, at most the limit; the limit for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide Below(TWide value, TWide limit) => TLane.Select(TLane.Less(value, limit), value, limit);

    /// <summary>The value, at least the limit; the limit for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide Above(TWide value, TWide limit) => TLane.Select(TLane.Less(limit, value), value, limit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide Negate(TWide value) => TLane.Xor(value, C(-0.0));

    /// <summary>A number that is not negative with the sign of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide CopySign(TWide magnitude, TWide sign) => TLane.Or(magnitude, TLane.And(sign, C(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide C(double value) => TLane.CreateWide(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TWide B(long bits) => TLane.CreateWideBits(bits);
}
