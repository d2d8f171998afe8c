namespace PoUW.Network.Ping;

/// <summary>Limits of the ping protocol.</summary>
public sealed record PingOptions
{
    /// <summary>Streams that one peer may have open for its pings.</summary>
    public int MaxInboundPerPeer { get; init; } = 2;

    /// <summary>How long a peer's stream may be silent before it is ended.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
