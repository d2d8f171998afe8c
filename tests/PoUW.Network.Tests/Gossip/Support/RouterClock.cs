namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>A clock without timers, for routers.</summary>
internal sealed class RouterClock : TimeProvider
{
    public TimeSpan Now { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;
}
