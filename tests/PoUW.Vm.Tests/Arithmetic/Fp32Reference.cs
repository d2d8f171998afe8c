using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Tests.Arithmetic;

/// <summary>A function of <see cref="Fp32"/> with a binary64 reference that does not share its approximation, and what tests know of it.</summary>
/// <param name="Name">The name in the vectors.</param>
/// <param name="Definition">The function.</param>
/// <param name="Reference">The reference; its relative error is below 2^-42.</param>
/// <param name="Direction">1 if it never falls, -1 if it never rises on the numbers above zero, 0 if neither.</param>
public sealed record Fp32Reference(string Name, Func<float, float> Definition, Func<double, double> Reference, int Direction)
{
    // Half a unit of the last place above the largest finite number.
    private const double Overflow = 3.4028235677973366e38;

    public static readonly IReadOnlyList<Fp32Reference> All =
    [
        new("exp", Fp32.Exp, Math.Exp, 1),
        new("log", Fp32.Log, Math.Log, 1),
        new("tanh", Fp32.Tanh, Math.Tanh, 1),
        new("sigmoid", Fp32.Sigmoid, x => 1 / (1 + Math.Exp(-x)), 1),
        new("rsqrt", Fp32.Rsqrt, x => x == 0 ? 1 / x : x < 0 ? double.NaN : Math.Sqrt(1 / x), -1),
        new("erf", Fp32.Erf, NormalReference.Erf, 1),
        new("gelu", Fp32.Gelu, x => double.IsInfinity(x) ? Math.Max(x, -0.0) : NormalReference.Gelu(x), 0),
        new("geluGradient", Fp32.GeluGradient, NormalReference.GeluGradient, 0),
        new("cosTwoPi", Fp32.CosTwoPi, x => double.CosPi(2 * x), 0),
        new("sinTwoPi", Fp32.SinTwoPi, x => double.SinPi(2 * x), 0),
    ];

    /// <summary>The distance of a result from the reference in units of the last place of binary32 at the reference.</summary>
    public double UlpError(float argument, float result)
    {
        double exact = Reference(argument);
        if (double.IsNaN(exact) || Math.Abs(exact) >= Overflow || float.IsNaN(result))
        {
            return float.IsNaN(result) == double.IsNaN(exact) && (float.IsNaN(result) || result == (float)exact)
                ? 0
                : double.PositiveInfinity;
        }

        long exponent = ((BitConverter.DoubleToInt64Bits(exact) >> 52) & 0x7FF) - 1023;
        long unit = Math.Max(exponent - 23, -149);
        double scale = BitConverter.Int64BitsToDouble((1023 - unit) << 52);
        return Math.Abs(result - exact) * scale;
    }

    /// <summary>True if two results, the second at the next larger bits of the argument, run against <see cref="Direction"/>.</summary>
    public bool IsBreak(float argument, float earlier, float later)
    {
        int direction = float.IsNegative(argument) ? -1 : Direction;
        return Direction != 0 && (direction > 0 ? later < earlier : later > earlier);
    }

    public override string ToString() => Name;
}
