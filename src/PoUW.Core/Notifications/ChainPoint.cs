using PoUW.Core.Primitives;

namespace PoUW.Core.Notifications;

/// <summary>A block as a place on a chain.</summary>
/// <param name="Height">Its height.</param>
/// <param name="Id">Its id.</param>
public readonly record struct ChainPoint(ulong Height, Hash256 Id);
