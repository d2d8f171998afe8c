namespace PoUW.Benchmarks.Ledger;

/// <summary>A clock that stands still, for chains whose blocks are made in advance.</summary>
internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
