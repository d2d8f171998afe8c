using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>How many incoming connections may be in handshake, and for how long.</summary>
public sealed record PendingHandshakesOptions
{
    /// <summary>In all.</summary>
    public int Max { get; init; } = 128;

    /// <summary>Of one IP address; of all together where addresses have none.</summary>
    public int MaxPerAddress { get; init; } = 64;

    /// <summary>From the accepted connection to the end of security and muxer agreement.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => Max < 1 || MaxPerAddress < 1 || Deadline <= TimeSpan.Zero
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(PendingHandshakesOptions), "Every count and time is positive.")
        : ValidationResult.Ok;
}
