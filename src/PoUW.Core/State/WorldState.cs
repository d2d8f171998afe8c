using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>
/// All states that were ever committed, addressed by root. Nodes are shared between roots and never removed, so every root stays
/// readable. Reading is thread-safe; commits come from one thread at a time.
/// </summary>
public sealed class WorldState
{
    private readonly StateTree _tree;

    /// <summary>Opens the states in a store, under the prefix "state/".</summary>
    public WorldState(IKeyValueStore store) => _tree = new StateTree(new StateNodeStore(store));

    /// <summary>
    /// The state at a root; the zero root is the empty state. Reading throws <see cref="StateTreeException"/> if the root is unknown.
    /// </summary>
    public StateSnapshot At(Hash256 root) => new(_tree, root);

    /// <summary>
    /// Puts the nodes of a new state into the batch. The cost grows with the number of changes times the depth, not with the size of the
    /// state. The new root is readable once the batch is applied.
    /// </summary>
    /// <returns>The root of the new state.</returns>
    public Hash256 Commit(StateOverlay changes, Hash256 parentRoot, WriteBatch batch) => _tree.Update(parentRoot, changes.Changes(), batch);
}
