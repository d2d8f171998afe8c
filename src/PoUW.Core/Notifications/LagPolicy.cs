namespace PoUW.Core.Notifications;

/// <summary>What happens when a subscriber does not keep up. Importing never waits for one. The values are stored.</summary>
public enum LagPolicy : byte
{
    /// <summary>Nothing that it has not finished is pruned, however long that takes. The disk may fill; memory does not.</summary>
    HoldPruning = 0,

    /// <summary>Past <see cref="ChainSubscriptionOptions.MaxLag"/> it loses its place and reads a <see cref="LaggedNotification"/>.</summary>
    Drop = 1,
}
