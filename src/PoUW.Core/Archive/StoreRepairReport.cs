namespace PoUW.Core.Archive;

/// <summary>What a repair did.</summary>
/// <param name="Rebuilt">What the new store holds and what was lost.</param>
/// <param name="DamagedPath">Where the damaged file is now; what belongs to it has the same name with an ending.</param>
/// <param name="Unreadable">Why the damaged store could not even be opened; null if it could.</param>
public sealed record StoreRepairReport(RebuildReport Rebuilt, string DamagedPath, string? Unreadable);
