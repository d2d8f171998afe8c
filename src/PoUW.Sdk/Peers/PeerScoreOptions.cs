using PoUW.Core.Validation;

namespace PoUW.Sdk.Peers;

/// <summary>
/// What a peer's account is worth in gossip: the application's part of its score (P5 of gossipsub 1.1). Bounded, so that no account buys itself out
/// of what its peers see it do. The account's stake counts up to <see cref="StakePoints"/>, its proven work as its reputation up to
/// <see cref="WorkPoints"/> in either direction.
/// </summary>
public sealed record PeerScoreOptions
{
    /// <summary>The most points for stake; half of them at a validator's least stake.</summary>
    public double StakePoints { get; init; } = 40;

    /// <summary>The points of the best reputation, and with a minus those of the worst. A new account has none.</summary>
    public double WorkPoints { get; init; } = 40;

    /// <summary>The points of an account that is banned for an offence: by themselves enough to be graylisted.</summary>
    public double BannedPoints { get; init; } = -1_000;

    /// <summary>The least time between two looks at the ledger; a block that comes sooner is left to the next one.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks that the points make sense.</summary>
    public ValidationResult Validate() =>
        double.IsFinite(StakePoints) && double.IsFinite(WorkPoints) && double.IsFinite(BannedPoints) && StakePoints >= 0 && WorkPoints >= 0
        && BannedPoints <= 0 && RefreshInterval >= TimeSpan.Zero
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, nameof(PeerScoreOptions), "Points are finite; those of banned accounts are not positive.");
}
