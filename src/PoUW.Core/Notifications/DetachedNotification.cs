using PoUW.Core.Blocks;

namespace PoUW.Core.Notifications;

/// <summary>A block, the tip until now, left the chain of the head: undo it. At least one <see cref="AttachedNotification"/> follows.</summary>
/// <param name="Sequence">The number of the step.</param>
/// <param name="Block">The block.</param>
public sealed record DetachedNotification(ulong Sequence, Block Block) : ChainNotification(Sequence);
