using PoUW.Core.Validation;

namespace PoUW.Core.Archive;

/// <summary>What became of a segment.</summary>
/// <param name="Result">Ok if the whole segment was read and every block is on the chain or was known; otherwise why reading stopped.</param>
/// <param name="Imported">Blocks that the chain took; they stay, whatever came after them.</param>
/// <param name="Skipped">Blocks that the chain knew already.</param>
/// <param name="StoppedAt">The height at which it stopped; null if it went through, or if it ended before the first block or after the last one.</param>
public sealed record ChainImportResult(ValidationResult Result, ulong Imported, ulong Skipped, ulong? StoppedAt)
{
    /// <summary>True if the whole segment is on the chain.</summary>
    public bool IsComplete => Result.IsValid;
}
