using PoUW.Core.Blocks;

namespace PoUW.Core.Chain;

/// <summary>How an import changed the chain of the head.</summary>
/// <param name="Head">The new head.</param>
/// <param name="Detached">The blocks that left, from the old head down.</param>
/// <param name="Attached">The blocks that joined, upward, with their receipts.</param>
internal sealed record ChainChange(
    ChainHead Head, IReadOnlyList<Block> Detached, IReadOnlyList<(Block Block, IReadOnlyList<Receipt> Receipts)> Attached);
