namespace PoUW.Core.Validation;

/// <summary>Maps validation codes to gossip verdicts.</summary>
public static class ValidationCodes
{
    /// <summary>
    /// Codes that depend on what the receiver happens to know are ignored; codes that any honest node would give are rejected.
    /// </summary>
    public static GossipVerdict ToVerdict(this ValidationCode code) => code switch
    {
        ValidationCode.Ok => GossipVerdict.Accept,
        ValidationCode.NonceTooLow or ValidationCode.NonceTooHigh or ValidationCode.InsufficientBalance or ValidationCode.Expired
            or ValidationCode.AlreadyKnown or ValidationCode.PoolFull or ValidationCode.FeeTooLow or ValidationCode.UnknownParent
            or ValidationCode.BelowFinalized or ValidationCode.BadTimestamp or ValidationCode.RateLimited or ValidationCode.WrongCheckpoint
            or ValidationCode.TooManyUnverified or ValidationCode.MissingWitness => GossipVerdict.Ignore,
        >= ValidationCode.SenderLimit and <= ValidationCode.TooLargeForPool => GossipVerdict.Ignore,
        >= ValidationCode.BadManifest => GossipVerdict.Ignore,
        _ => GossipVerdict.Reject,
    };
}
