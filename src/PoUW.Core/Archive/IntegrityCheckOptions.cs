namespace PoUW.Core.Archive;

/// <summary>How much a check looks at.</summary>
public sealed record IntegrityCheckOptions
{
    /// <summary>How many of the last blocks; null for the whole chain.</summary>
    public ulong? LastBlocks { get; init; }

    /// <summary>True to read every record of the head's state and compare it with the root.</summary>
    public bool State { get; init; } = true;

    /// <summary>True to let a store that can check its own pages and pairs (<see cref="Storage.IStoreSelfCheck"/>) do so first.</summary>
    public bool Store { get; init; } = true;

    /// <summary>After how many findings the check stops; positive.</summary>
    public int MaxFindings { get; init; } = 100;

    /// <summary>A quick check for a start: the last thousand blocks, without the state and without the store's own check.</summary>
    public static IntegrityCheckOptions Quick => new() { LastBlocks = 1_000, State = false, Store = false };
}
