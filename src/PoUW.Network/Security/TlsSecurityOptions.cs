namespace PoUW.Network.Security;

/// <summary>What <see cref="TlsSecurity"/> does with its certificates.</summary>
public sealed record TlsSecurityOptions
{
    /// <summary>How long a certificate is valid from its making. Half-way a new one, with a new key, takes its place.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long before its making a certificate is valid already: the peer's clock may be behind by as much.</summary>
    public TimeSpan ClockTolerance { get; init; } = TimeSpan.FromHours(1);
}
