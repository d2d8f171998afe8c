using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>What the execution of a block gives.</summary>
/// <param name="StateRoot">The root of the state after the block.</param>
/// <param name="Receipts">One receipt a transaction, in order.</param>
/// <param name="GasUsed">Gas of all transactions.</param>
/// <param name="Finalized">The highest finalized checkpoint in the state after the block.</param>
public sealed record ExecutionOutcome(Hash256 StateRoot, IReadOnlyList<Receipt> Receipts, ulong GasUsed, Checkpoint Finalized)
{
    /// <summary>The Merkle root of the receipts.</summary>
    public Hash256 ReceiptsRoot => Receipt.RootOf(Receipts);
}
