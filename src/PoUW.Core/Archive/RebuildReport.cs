using PoUW.Core.Finality;
using PoUW.Core.Primitives;

namespace PoUW.Core.Archive;

/// <summary>What a rebuilt store holds, and what was lost.</summary>
/// <param name="HeadHeight">The height of the new head; what is above comes from peers.</param>
/// <param name="HeadId">The new head.</param>
/// <param name="Salvaged">Blocks taken from the damaged store and validated again.</param>
/// <param name="Stop">Why no more were taken: the first gap, or the end of the stored chain.</param>
/// <param name="Trusted">
/// The block up to which witnesses were not there any more; the work below it is taken on the word of the finalized checkpoint of the
/// damaged store. Null if every witness was there.
/// </param>
/// <param name="KnownFinal">
/// The finalized checkpoint that the damaged store remembers; null if it cannot be read. If it is above the new head, it should be the node's
/// trusted checkpoint until the node has caught up.
/// </param>
/// <param name="KnownHeight">The height of the head that the damaged store remembers; null if it cannot be read.</param>
/// <param name="Segments">What became of each segment file.</param>
/// <param name="CopiedPairs">How many pairs that do not belong to the chain were copied.</param>
/// <param name="LostRanges">
/// Ranges of keys in which pairs that do not belong to the chain could not be read. A record that had been there, a vote for instance, is
/// forgotten.
/// </param>
public sealed record RebuildReport(
    ulong HeadHeight,
    Hash256 HeadId,
    ulong Salvaged,
    string Stop,
    Checkpoint? Trusted,
    Checkpoint? KnownFinal,
    ulong? KnownHeight,
    IReadOnlyList<ChainImportResult> Segments,
    ulong CopiedPairs,
    IReadOnlyList<string> LostRanges);
