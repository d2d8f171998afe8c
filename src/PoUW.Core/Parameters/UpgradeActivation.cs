namespace PoUW.Core.Parameters;

/// <summary>When an upgrade becomes active on a network.</summary>
/// <param name="Upgrade">The upgrade.</param>
/// <param name="Height">The height of the first block to which it applies; 0 for the whole chain.</param>
public sealed record UpgradeActivation(NetworkUpgrade Upgrade, ulong Height);
