namespace PoUW.Core.Headers;

/// <summary>How many certificates that nobody asked for a node verifies. At the defaults that is about a tenth of one core.</summary>
public sealed record CertificateBudgetOptions
{
    /// <summary>Certificates a second over all peers, and the most at once; 1 to 1,000,000.</summary>
    public int PerSecond { get; init; } = 50;

    /// <summary>Certificates a second of one peer, and the most at once; 1 to 1,000,000.</summary>
    public int PerSecondAndPeer { get; init; } = 3;
}
