using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>How many incoming connections may be in handshake, and for how long.</summary>
public sealed record PendingHandshakesOptions
{
    /// <summary>In all.</summary>
    public int Max { get; init; } = 768;

    /// <summary>
    /// Of one IP address; of all together where addresses have none. The places decide how fast somebody must connect from a peer's own address to
    /// displace it before its handshake is done: 512 places and 10 ms are more than 50,000 connections a second.
    /// </summary>
    public int MaxPerAddress { get; init; } = 512;

    /// <summary>From the accepted connection to the end of security and muxer agreement.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => Max < 1 || MaxPerAddress < 1 || Deadline <= TimeSpan.Zero
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(PendingHandshakesOptions), "Every count and time is positive.")
        : ValidationResult.Ok;
}
