using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>A bucket of tokens, full at first. Taking is O(1) and never waits. Any thread.</summary>
public sealed class TokenBucket
{
    private readonly TokenRate _rate;
    private readonly TimeProvider _time;
    private readonly long _start;
    private long _fullAt;

    /// <summary>A full bucket.</summary>
    /// <exception cref="ArgumentException">The rate breaks a rule of <see cref="TokenRate.Validate"/>.</exception>
    public TokenBucket(TokenRate rate, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        ValidationResult valid = rate.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(rate));
        }

        (_rate, _time, _start) = (rate, time, time.GetTimestamp());
    }

    /// <summary>Takes all the tokens or none.</summary>
    public bool TryTake(long count = 1) => TryTake(count, out _);

    /// <summary>Takes all the tokens or none.</summary>
    /// <param name="count">How many; not negative.</param>
    /// <param name="wait">Zero if they were taken, else when they would be there if nobody took others meanwhile; <see cref="TimeSpan.MaxValue"/> for never.</param>
    public bool TryTake(long count, out TimeSpan wait)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        while (true)
        {
            long before = Volatile.Read(ref _fullAt);
            long after = _rate.Take(before, _time.GetElapsedTime(_start).Ticks, count, out wait);
            if (wait > TimeSpan.Zero)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _fullAt, after, before) == before)
            {
                return true;
            }
        }
    }
}
