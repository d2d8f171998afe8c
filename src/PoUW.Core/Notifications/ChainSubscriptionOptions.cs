namespace PoUW.Core.Notifications;

/// <summary>How a chain treats a subscriber. Stored with it, so that they hold after a restart, before the subscriber is back.</summary>
public sealed record ChainSubscriptionOptions
{
    /// <summary>What happens when it does not keep up.</summary>
    public LagPolicy Policy { get; init; } = LagPolicy.HoldPruning;

    /// <summary>
    /// Unfinished steps after which <see cref="LagPolicy.Drop"/> drops; at least 1. One reorganisation may have as many steps as blocks that
    /// are not final, so take more than that.
    /// </summary>
    public ulong MaxLag { get; init; } = 10_000;
}
