using PoUW.Core.Validation;

namespace PoUW.Network.Guards;

/// <summary>Limits of <see cref="BanList"/>.</summary>
public sealed record BanListOptions
{
    /// <summary>Bans that are kept. Beyond, the one that ends first is dropped.</summary>
    public int MaxBans { get; init; } = 16384;

    /// <summary>The longest ban; longer ones are cut to it.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromDays(30);

    /// <summary>True if bans of addresses do not hold for those of this machine, which its nodes have in common. Bans of peers do.</summary>
    public bool ExemptLoopback { get; init; } = true;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => MaxBans < 1 || Longest <= TimeSpan.Zero
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(BanListOptions), "Every count and time is positive.")
        : ValidationResult.Ok;
}
