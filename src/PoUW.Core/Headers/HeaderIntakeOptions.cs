namespace PoUW.Core.Headers;

/// <summary>How many headers without verified witness a node keeps, and for how long.</summary>
public sealed record HeaderIntakeOptions
{
    /// <summary>Headers of one peer; at least 1.</summary>
    public int MaxHeadersPerPeer { get; init; } = 64;

    /// <summary>Peers that have such headers; at least the number of sessions, so that no peer waits for a place. At least 1.</summary>
    public int MaxPeers { get; init; } = 64;

    /// <summary>After this time without its block a header is forgotten, so that it does not fill a peer's places for ever. Positive.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(5);
}
