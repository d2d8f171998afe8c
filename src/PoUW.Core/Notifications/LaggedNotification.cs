namespace PoUW.Core.Notifications;

/// <summary>
/// The subscriber fell too far behind and was dropped (<see cref="LagPolicy.Drop"/>): steps are missing up to here. It must build what it
/// knows anew as of <see cref="Tip"/>, for instance from the state after that block, and then report this step as finished. The steps
/// after it are kept from now on; if the subscriber falls behind again before, another mark follows.
/// </summary>
/// <param name="Sequence">The number of the last step that is missing.</param>
/// <param name="Tip">The tip after that step.</param>
public sealed record LaggedNotification(ulong Sequence, ChainPoint Tip) : ChainNotification(Sequence);
