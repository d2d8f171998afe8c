namespace PoUW.Network.Negotiation;

/// <summary>Limits of a negotiation.</summary>
public sealed record MultistreamOptions
{
    /// <summary>Bytes of the longest line that is read, with its line feed and without its length.</summary>
    public int MaxLineBytes { get; init; } = 1024;

    /// <summary>Lines after the header that a listener answers before it gives up, and proposals that a dialer makes.</summary>
    public int MaxTries { get; init; } = 32;
}
