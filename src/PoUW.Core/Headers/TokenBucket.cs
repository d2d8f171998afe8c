namespace PoUW.Core.Headers;

/// <summary>
/// A bucket that holds one second's worth of tokens and is full at the start. Its level is kept in ticks of the clock, so nothing is
/// rounded. The caller locks.
/// </summary>
internal sealed class TokenBucket
{
    private readonly long _capacity;
    private readonly long _cost;
    private long _level;
    private long _filledAt;

    /// <summary>A full bucket.</summary>
    /// <param name="tokensPerSecond">The rate, which is the capacity, too.</param>
    /// <param name="ticksPerSecond">Ticks of the clock in a second.</param>
    /// <param name="now">The time in ticks.</param>
    internal TokenBucket(int tokensPerSecond, long ticksPerSecond, long now)
    {
        // The level grows by the rate each tick, so that a second fills the bucket and a token costs a second's ticks.
        (_cost, _capacity, _filledAt) = (ticksPerSecond, ticksPerSecond * tokensPerSecond, now);
        _level = _capacity;
        Rate = tokensPerSecond;
    }

    private long Rate { get; }

    /// <summary>True if a token is there.</summary>
    internal bool CanTake(long now)
    {
        Fill(now);
        return _level >= _cost;
    }

    /// <summary>True if nothing was taken that has not come back.</summary>
    internal bool IsFull(long now)
    {
        Fill(now);
        return _level == _capacity;
    }

    /// <summary>Takes a token that is there.</summary>
    internal void Take() => _level -= _cost;

    private void Fill(long now)
    {
        long elapsed = Math.Clamp(now - _filledAt, 0, _cost);
        _filledAt = now;
        _level = Math.Min(_capacity, _level + (elapsed * Rate));
    }
}
