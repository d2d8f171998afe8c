namespace PoUW.Core.Archive;

/// <summary>What a rebuilt store takes over, and from where.</summary>
public sealed record RebuildOptions
{
    /// <summary>
    /// Prefixes that are not copied, since the chain makes them again: by default those of <see cref="Chain.BlockChain"/>. All other pairs are
    /// copied as far as they can be read.
    /// </summary>
    public IReadOnlyList<string> RebuiltPrefixes { get; init; } = ["chain/", "state/"];

    /// <summary>
    /// Prefixes of the pairs that matter most, such as a voter's record. They change nothing but how finely the copy looks around a damaged
    /// place.
    /// </summary>
    public IReadOnlyList<string> KnownPrefixes { get; init; } = [];

    /// <summary>Files with segments that are imported after what the damaged store gave, in this order.</summary>
    public IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>
    /// Called at the end; the new store gets the pairs that it gives, for whoever must know that it was rebuilt. They replace what was copied.
    /// Null for none.
    /// </summary>
    public Func<RebuildReport, IReadOnlyList<KeyValuePair<byte[], byte[]>>>? Marks { get; init; }
}
