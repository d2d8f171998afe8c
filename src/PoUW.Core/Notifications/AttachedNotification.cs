using PoUW.Core.Blocks;

namespace PoUW.Core.Notifications;

/// <summary>A block joined the chain of the head; its parent was the tip.</summary>
/// <param name="Sequence">The number of the step.</param>
/// <param name="Block">The block.</param>
/// <param name="Receipts">Its receipts.</param>
/// <param name="EndsChange">
/// True if the chain stopped here; false if the step is in the middle of a reorganisation, whose next step is in the log already.
/// </param>
public sealed record AttachedNotification(ulong Sequence, Block Block, IReadOnlyList<Receipt> Receipts, bool EndsChange)
    : ChainNotification(Sequence);
