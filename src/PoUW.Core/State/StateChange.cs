using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>A new value at a path of the state tree; null removes it.</summary>
internal readonly record struct StateChange(Hash256 Path, byte[]? Value);
