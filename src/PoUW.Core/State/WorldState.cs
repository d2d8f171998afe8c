using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>
/// All states that were ever committed. Nodes are shared between states and never removed, so every state stays readable. Reading is
/// thread-safe; updates come from one thread at a time.
/// </summary>
public sealed class WorldState
{
    private readonly StateTree _tree;
    private ulong _number;

    /// <summary>Opens the states in a store, under the prefix "state/".</summary>
    public WorldState(IKeyValueStore store) => _tree = new StateTree(new StateNodeStore(store));

    /// <summary>A committed state. Reading throws <see cref="StateTreeException"/> if it is not there.</summary>
    public StateSnapshot At(StateVersion version) => At(version.Root);

    /// <summary>
    /// The state of a root, of whichever version; the zero root is the empty state. Reading throws <see cref="StateTreeException"/> if the
    /// root is unknown.
    /// </summary>
    public StateSnapshot At(Hash256 root) => new(_tree, root);

    /// <summary>
    /// Computes the state that changes give. The cost grows with the number of changes times the depth, not with the size of the state.
    /// Nothing is written.
    /// </summary>
    public StateUpdate Update(StateOverlay changes, StateVersion parent)
    {
        WriteBatch nodes = new();
        Hash256 root = _tree.Update(parent.Root, changes.Changes(), nodes);
        return new StateUpdate(new StateVersion(++_number, root), nodes);
    }

    /// <summary><see cref="Update"/> and <see cref="StateUpdate.WriteTo"/> in one.</summary>
    public StateVersion Commit(StateOverlay changes, StateVersion parent, WriteBatch batch) => Update(changes, parent).WriteTo(batch);
}
