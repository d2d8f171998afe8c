namespace PoUW.Core.Notifications;

/// <summary>Where a subscriber stands, for displays.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Policy">What happens when it does not keep up.</param>
/// <param name="Finished">The tip after the last step that it finished: its finished height.</param>
/// <param name="Behind">Steps that it has not finished.</param>
/// <param name="IsOpen">True while a <see cref="ChainSubscription"/> reads for it.</param>
/// <param name="IsLagged">True if it was dropped and has not resynchronised.</param>
public sealed record ChainSubscriberStatus(string Name, LagPolicy Policy, ChainPoint Finished, ulong Behind, bool IsOpen, bool IsLagged);
