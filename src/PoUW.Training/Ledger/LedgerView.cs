using PoUW.Core.Ledger;

namespace PoUW.Training.Ledger;

/// <summary>The state after one block.</summary>
/// <param name="Version">Grows with every change of the head, reorganisations included.</param>
/// <param name="Height">The block's height.</param>
/// <param name="FinalizedHeight">The highest block that cannot be reverted any more.</param>
/// <param name="State">The world state after the block.</param>
public sealed record LedgerView(long Version, ulong Height, ulong FinalizedHeight, IStateReader State);
