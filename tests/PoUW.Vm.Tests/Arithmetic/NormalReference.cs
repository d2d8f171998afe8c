namespace PoUW.Vm.Tests.Arithmetic;

/// <summary>
/// The normal distribution by its classical expansions (Abramowitz and Stegun 7.1.6 and 26.2.14): slow, shares nothing with the
/// approximations of the specification. Relative error below 2^-42.
/// </summary>
public static class NormalReference
{
    // Where Phi(-a) = a phi(a), in two parts.
    private const double Zero = 0.7517915246935645;
    private const double ZeroLow = -1.4956759177009883e-17;
    private const double SeriesEnd = 3;
    private const double Farthest = 38;
    private const int FractionDepth = 100;

    public static double Erf(double x)
    {
        double a = Math.Abs(x) * Math.Sqrt(2);
        double magnitude = a < SeriesEnd ? 2 * Density(a) * Series(a) : 1 - (2 * Tail(a));
        return Math.CopySign(magnitude, x);
    }

    public static double Gelu(double x) => x * (x < 0 ? Tail(-x) : 1 - Tail(x));

    public static double GeluGradient(double x)
    {
        double a = Math.Abs(x);
        double h = a - Zero - ZeroLow;
        double below = Math.Abs(h) < 0.001 ? NearZero(h) : a > Farthest ? -0.0 : Tail(a) - (a * Density(a));
        return x < 0 ? below : 1 - below;
    }

    /// <summary>Phi(-a) for a not below 0.</summary>
    private static double Tail(double a) => a switch
    {
        < SeriesEnd => 0.5 - (Density(a) * Series(a)),
        > Farthest => 0,
        _ => Density(a) / Fraction(a),
    };

    private static double Density(double a) => Math.Exp(-0.5 * a * a) / Math.Sqrt(2 * Math.PI);

    /// <summary>a + a^3 / 3 + a^5 / (3 * 5) + ...</summary>
    private static double Series(double a)
    {
        double term = a;
        double sum = a;
        for (int n = 3; term > sum * 1e-18; n += 2)
        {
            term *= a * a / n;
            sum += term;
        }

        return sum;
    }

    /// <summary>a + 1 / (a + 2 / (a + 3 / (a + ...))).</summary>
    private static double Fraction(double a)
    {
        double value = a;
        for (int n = FractionDepth; n > 0; n--)
        {
            value = a + (n / value);
        }

        return value;
    }

    /// <summary>Phi(-a) - a phi(a) by its Taylor series at its zero.</summary>
    private static double NearZero(double h)
    {
        double s = Zero * Zero;
        double first = s - 2;
        double second = Zero * (4 - s);
        double third = (s * s) - (7 * s) + 4;
        double fourth = Zero * (-(s * s) + (11 * s) - 18);
        return Density(Zero) * h * (first + (h / 2 * (second + (h / 3 * (third + (h / 4 * fourth))))));
    }
}
