namespace PoUW.Compute.Schedules;

/// <summary>
/// The functions of schedules from +, -, * and / in binary64. The libraries of operating systems differ in the last bits of theirs; these
/// are the same everywhere, because .NET rounds every operation of binary64 once and never fuses two.
/// </summary>
internal static class ScheduleArithmetic
{
    // The first term that is left out is below 2^-70 at a quarter of pi.
    private const int Terms = 10;

    /// <summary>The smallest period in which a number of steps has at most so many parts.</summary>
    public static long PeriodOf(long steps, int parts) => ((steps - 1) / parts) + 1;

    /// <summary>A number to the power of an exponent that is not negative, by squaring.</summary>
    public static double Power(double number, long exponent)
    {
        double result = 1;
        for (double square = number; exponent > 0; exponent >>= 1, square *= square)
        {
            result = (exponent & 1) == 1 ? result * square : result;
        }

        return result;
    }

    /// <summary>cos(pi * x) for x in [0, 1], with an error below 1e-15: Taylor's series up to a quarter of pi, and symmetry.</summary>
    public static double CosineOfHalfTurns(double x) => x switch
    {
        > 0.5 => -CosineOfHalfTurns(1 - x),
        > 0.25 => Sine(Math.PI * (0.5 - x)),
        _ => Cosine(Math.PI * x),
    };

    private static double Cosine(double angle)
    {
        double sum = 1;
        for (int i = Terms; i >= 1; i--)
        {
            sum = 1 - (angle * angle / ((2 * i) - 1) / (2 * i) * sum);
        }

        return sum;
    }

    private static double Sine(double angle)
    {
        double sum = 1;
        for (int i = Terms; i >= 1; i--)
        {
            sum = 1 - (angle * angle / (2 * i) / ((2 * i) + 1) * sum);
        }

        return angle * sum;
    }
}
