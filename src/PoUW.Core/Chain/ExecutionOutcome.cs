using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.State;

namespace PoUW.Core.Chain;

/// <summary>What the execution of a block gives.</summary>
/// <param name="State">The state after the block, readable once its writes are applied.</param>
/// <param name="Receipts">One receipt a transaction, in order.</param>
/// <param name="GasUsed">Gas of all transactions.</param>
/// <param name="Finalized">The highest finalized checkpoint in the state after the block.</param>
public sealed record ExecutionOutcome(StateVersion State, IReadOnlyList<Receipt> Receipts, ulong GasUsed, Checkpoint Finalized)
{
    /// <summary>The Merkle root of the receipts.</summary>
    public Hash256 ReceiptsRoot => Receipt.RootOf(Receipts);
}
