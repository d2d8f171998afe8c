using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>The most that one scope may hold.</summary>
public sealed record ResourceLimit
{
    /// <summary>Connections of both directions.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>Connections that others opened.</summary>
    public int InboundConnections { get; init; } = int.MaxValue;

    /// <summary>Connections that this node opened.</summary>
    public int OutboundConnections { get; init; } = int.MaxValue;

    /// <summary>Streams of both directions.</summary>
    public int Streams { get; init; } = int.MaxValue;

    /// <summary>Streams that others opened.</summary>
    public int InboundStreams { get; init; } = int.MaxValue;

    /// <summary>Streams that this node opened.</summary>
    public int OutboundStreams { get; init; } = int.MaxValue;

    /// <summary>Bytes of buffers and windows.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>Checks that the scope may hold anything.</summary>
    public ValidationResult Validate() =>
        Connections < 1 || InboundConnections < 0 || OutboundConnections < 0 || Streams < 1 || InboundStreams < 0 || OutboundStreams < 0 || MemoryBytes < 0
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(ResourceLimit), "Limits are not negative, and there is one connection and one stream at least.")
            : ValidationResult.Ok;

    /// <summary>The name of the first limit that a usage is above, or null. What did not grow is not looked at.</summary>
    internal string? FindExceeded(ResourceUsage usage, ResourceUsage growth)
    {
        if (growth.Connections > 0 && (usage.Connections > Connections || usage.InboundConnections > InboundConnections || usage.OutboundConnections > OutboundConnections))
        {
            return nameof(Connections);
        }

        if (growth.Streams > 0 && (usage.Streams > Streams || usage.InboundStreams > InboundStreams || usage.OutboundStreams > OutboundStreams))
        {
            return nameof(Streams);
        }

        return growth.MemoryBytes > 0 && usage.MemoryBytes > MemoryBytes ? nameof(MemoryBytes) : null;
    }
}
