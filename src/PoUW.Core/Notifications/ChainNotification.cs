namespace PoUW.Core.Notifications;

/// <summary>
/// One step of the chain of the head, as a subscriber reads it: <see cref="AttachedNotification"/>, <see cref="DetachedNotification"/>, or
/// the mark that steps are missing, <see cref="LaggedNotification"/>. Immutable.
/// </summary>
/// <param name="Sequence">
/// The number of the step, the same for every subscriber; it grows by one a step and is never used again by this store. Report it to
/// <see cref="ChainSubscription.Finish"/>.
/// </param>
public abstract record ChainNotification(ulong Sequence);
