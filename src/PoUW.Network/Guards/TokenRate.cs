using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>How many tokens come in which time, and how many are kept at most.</summary>
/// <param name="Tokens">Tokens that come in a period; at most 2^40.</param>
/// <param name="Period">The period; at most a day.</param>
/// <param name="Burst">Tokens that are there at first and the most that are kept; at most 2^40.</param>
public readonly record struct TokenRate(long Tokens, TimeSpan Period, long Burst)
{
    private const long Most = 1L << 40;

    /// <summary>So many tokens a second.</summary>
    public static TokenRate PerSecond(long tokens, long burst) => new(tokens, TimeSpan.FromSeconds(1), burst);

    /// <summary>Checks that the rate makes sense.</summary>
    public ValidationResult Validate() => Tokens is < 1 or > Most || Burst is < 1 or > Most || Period <= TimeSpan.Zero || Period > TimeSpan.FromDays(1)
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(TokenRate), "Tokens and burst are 1 to 2^40, the period is above 0 and at most a day.")
        : ValidationResult.Ok;

    /// <summary>
    /// Takes tokens from a bucket whose whole state is one time: the time at which it will be full again (the generic cell rate algorithm, ITU-T
    /// I.371). The state of a full bucket is any time up to now.
    /// </summary>
    /// <param name="fullAt">The state, in ticks of 100 ns.</param>
    /// <param name="now">Now, in the same ticks.</param>
    /// <param name="count">Tokens to take; not negative.</param>
    /// <param name="wait">Zero if taken, else how long until the bucket has them; more than the burst never come.</param>
    /// <returns>The new state.</returns>
    internal long Take(long fullAt, long now, long count, out TimeSpan wait)
    {
        long start = Math.Max(fullAt, now);
        Int128 end = start + CostOf(count);
        Int128 late = end - now - CostOf(Burst);
        if (late > 0)
        {
            wait = count > Burst ? TimeSpan.MaxValue : new TimeSpan((long)late);
            return fullAt;
        }

        wait = TimeSpan.Zero;
        return (long)end;
    }

    /// <summary>The ticks in which so many tokens come, rounded up.</summary>
    private Int128 CostOf(long count) => (((Int128)count * Period.Ticks) + Tokens - 1) / Tokens;
}
