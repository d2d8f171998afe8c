using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>A path at which two states differ.</summary>
/// <param name="Path">Where; see <see cref="AccountCodec.PathOf"/> and <see cref="Ledger.StateKey.Path"/>.</param>
/// <param name="OldValue">The value in the first state; null if there is none.</param>
/// <param name="NewValue">The value in the second state; null if there is none.</param>
public readonly record struct StateDifference(Hash256 Path, ReadOnlyMemory<byte>? OldValue, ReadOnlyMemory<byte>? NewValue);
