namespace PoUW.Core.Archive;

/// <summary>What a check found.</summary>
/// <param name="Findings">What is wrong, in the order in which it was found; not more than the limit.</param>
/// <param name="Blocks">How many heights were checked.</param>
/// <param name="Records">How many records of the head's state were checked.</param>
/// <param name="IsTruncated">True if the check stopped at the limit of findings; there may be more.</param>
public sealed record IntegrityReport(IReadOnlyList<IntegrityFinding> Findings, ulong Blocks, ulong Records, bool IsTruncated)
{
    /// <summary>True if nothing is wrong.</summary>
    public bool IsClean => Findings.Count == 0;

    /// <summary>One sentence for people.</summary>
    public override string ToString() => IsClean
        ? $"{Blocks} blocks and {Records} records of the state are in order."
        : $"{Findings.Count}{(IsTruncated ? " or more" : "")} fault(s), the first: {Findings[0]}";
}
