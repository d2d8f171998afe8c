using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>How long a node waits before it dials again what did not answer.</summary>
public sealed record DialBackoffOptions
{
    /// <summary>The wait after the first failure.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Waits are up to this part longer or shorter, so that nodes that lost each other do not dial in step. Per cent, 0 to 50.</summary>
    public int JitterPercent { get; init; } = 20;

    /// <summary>How long one dial may take, from the first packet to the transport's connection.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The same for addresses of this machine.</summary>
    public TimeSpan LocalDialTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Peers that are remembered, as many addresses, and as many addresses of one peer each; the one that failed longest ago is forgotten first.</summary>
    public int MaxRemembered { get; init; } = 4096;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => First <= TimeSpan.Zero || Longest < First || Longest > TimeSpan.FromDays(1) || JitterPercent is < 0 or > 50
        || DialTimeout <= TimeSpan.Zero || LocalDialTimeout <= TimeSpan.Zero || MaxRemembered < 1
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(DialBackoffOptions), "Times are positive, the longest at least the first, jitter 0 to 50 per cent.")
        : ValidationResult.Ok;
}
