namespace PoUW.Sdk.Tests.TileWork;

/// <summary>A clock that stands where the test puts it, in milliseconds since the Unix epoch.</summary>
internal sealed class ManualTime(ulong nowMs) : TimeProvider
{
    public ulong NowMs { get; set; } = nowMs;

    public override long TimestampFrequency => 1_000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds((long)NowMs);

    public override long GetTimestamp() => (long)NowMs;
}
