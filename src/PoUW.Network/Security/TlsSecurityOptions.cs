using PoUW.Core.Validation;

namespace PoUW.Network.Security;

/// <summary>What <see cref="TlsSecurity"/> does with its certificates.</summary>
public sealed record TlsSecurityOptions
{
    /// <summary>How long a certificate is valid from its making. Half-way a new one, with a new key, takes its place.</summary>
    public TimeSpan CertificateLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long before its making a certificate is valid already: the peer's clock may be behind by as much.</summary>
    public TimeSpan ClockTolerance { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (CertificateLifetime <= TimeSpan.Zero || CertificateLifetime > TimeSpan.FromDays(3650))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(CertificateLifetime), "A certificate lives for some time, at most 3,650 days.");
        }

        return ClockTolerance < TimeSpan.Zero || ClockTolerance > TimeSpan.FromDays(365)
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(ClockTolerance), "A clock is behind by 0 to 365 days.")
            : ValidationResult.Ok;
    }
}
