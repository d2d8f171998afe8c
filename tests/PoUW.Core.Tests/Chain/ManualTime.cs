namespace PoUW.Core.Tests.Chain;

/// <summary>A clock that stands where the test puts it.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    internal DateTimeOffset Now { get; set; } = now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Now.UtcTicks;
}
