namespace PoUW.Network.Guards;

/// <summary>What a scope holds now, or what it may hold at most.</summary>
/// <param name="InboundConnections">Connections that others opened.</param>
/// <param name="OutboundConnections">Connections that this node opened.</param>
/// <param name="InboundStreams">Streams that others opened.</param>
/// <param name="OutboundStreams">Streams that this node opened.</param>
/// <param name="MemoryBytes">Bytes of buffers and windows.</param>
public readonly record struct ResourceUsage(int InboundConnections, int OutboundConnections, int InboundStreams, int OutboundStreams, long MemoryBytes)
{
    /// <summary>Connections of both directions.</summary>
    public int Connections => InboundConnections + OutboundConnections;

    /// <summary>Streams of both directions.</summary>
    public int Streams => InboundStreams + OutboundStreams;

    /// <summary>True if nothing is held.</summary>
    public bool IsZero => this == default;

    internal static ResourceUsage Connection(bool isInbound) => isInbound ? new(1, 0, 0, 0, 0) : new(0, 1, 0, 0, 0);

    internal static ResourceUsage Stream(bool isInbound) => isInbound ? new(0, 0, 1, 0, 0) : new(0, 0, 0, 1, 0);

    internal static ResourceUsage Memory(long bytes) => new(0, 0, 0, 0, bytes);

    /// <summary>The sum.</summary>
    public static ResourceUsage operator +(ResourceUsage left, ResourceUsage right) => new(
        left.InboundConnections + right.InboundConnections, left.OutboundConnections + right.OutboundConnections,
        left.InboundStreams + right.InboundStreams, left.OutboundStreams + right.OutboundStreams, left.MemoryBytes + right.MemoryBytes);

    /// <summary>The difference.</summary>
    public static ResourceUsage operator -(ResourceUsage left, ResourceUsage right) => new(
        left.InboundConnections - right.InboundConnections, left.OutboundConnections - right.OutboundConnections,
        left.InboundStreams - right.InboundStreams, left.OutboundStreams - right.OutboundStreams, left.MemoryBytes - right.MemoryBytes);
}
