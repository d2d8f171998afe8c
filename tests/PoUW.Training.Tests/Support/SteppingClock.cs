namespace PoUW.Training.Tests.Support;

/// <summary>A clock whose time of day stands where the test puts it; its timers are those of the system. Thread-safe.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private ulong _nowMs;

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public ulong NowMs
    {
        get => Interlocked.Read(ref _nowMs);
        set => Interlocked.Exchange(ref _nowMs, value);
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)NowMs);
}
