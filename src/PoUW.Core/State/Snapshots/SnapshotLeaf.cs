using PoUW.Core.Primitives;

namespace PoUW.Core.State.Snapshots;

/// <summary>A value of the state and its path in the tree.</summary>
public readonly record struct SnapshotLeaf(Hash256 Path, ReadOnlyMemory<byte> Value);
