using PoUW.Core.Primitives;

namespace PoUW.Core.State.Snapshots;

/// <summary>One end of a range of leaves: where its outermost leaf sits, and what lies beyond.</summary>
/// <param name="Depth">The depth of the leaf in the tree, in bits, 0 to 256.</param>
/// <param name="Siblings">The hashes of the subtrees beyond it, from the root down: one for each step of its path that turns inwards.</param>
public sealed record SnapshotEdge(int Depth, IReadOnlyList<Hash256> Siblings);
