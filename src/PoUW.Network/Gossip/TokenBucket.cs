namespace PoUW.Network.Gossip;

/// <summary>A budget that fills with time, up to a burst. Not thread-safe.</summary>
internal sealed class TokenBucket(long perSecond, long burst, TimeSpan now)
{
    // In ticks of a token, so that no fraction is lost: one token is TicksPerSecond of them.
    private Int128 _filled = (Int128)burst * TimeSpan.TicksPerSecond;
    private TimeSpan _last = now;

    public bool TryTake(long tokens, TimeSpan now)
    {
        Int128 full = (Int128)burst * TimeSpan.TicksPerSecond;
        _filled = Int128.Min(full, _filled + ((Int128)(now - _last).Ticks * perSecond));
        _last = now;
        Int128 price = (Int128)tokens * TimeSpan.TicksPerSecond;
        if (price > _filled)
        {
            return false;
        }

        _filled -= price;
        return true;
    }
}
