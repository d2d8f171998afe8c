using PoUW.Core.Primitives;
using PoUW.Core.State.Snapshots;
using PoUW.Core.State.Tree;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>
/// The states that were committed and not pruned. A commit writes the values it changes, beside the tree, and the pages of the tree above
/// them; older ones stay until <see cref="PruneStep"/> takes them, so every kept state is readable and a branch is a commit like any other.
/// Reading is thread-safe and may go on during commits and pruning; commits come from one thread at a time. One instance a store.
/// </summary>
public sealed class WorldState
{
    // More is needed by the largest updates only; keeping it for ever would be a waste.
    private const long MaxKeptWorkspaceBytes = 32 * 1024 * 1024;

    private readonly StatePruner _pruner;
    private TreeUpdate? _spareTree;
    private JournalWriter? _spareJournal;
    private StateProver? _spareProver;

    /// <summary>Opens the states in a store, under the prefix "state/".</summary>
    /// <exception cref="StateTreeException">What the store says about its states is damaged.</exception>
    public WorldState(IKeyValueStore store)
        : this(store, new WorldStateOptions())
    {
    }

    /// <summary>Opens the states in a store, under the prefix "state/".</summary>
    /// <exception cref="StateTreeException">What the store says about its states is damaged.</exception>
    public WorldState(IKeyValueStore store, WorldStateOptions options)
    {
        Versions = new VersionTable(store);
        Pages = new PageStore(store, options.PageCacheBytes);
        Values = new ValueStore(store, Versions, Pages, options.ValueCacheBytes);
        _pruner = new StatePruner(store, Versions, Values);
    }

    /// <summary>
    /// The oldest state that <see cref="BeginPrune"/> has left readable; <see cref="StateVersion.Empty"/> if it was never called.
    /// </summary>
    public StateVersion Base => new(Versions.Base.Number, Versions.Base.Root);

    internal VersionTable Versions { get; }

    internal PageStore Pages { get; }

    internal ValueStore Values { get; }

    /// <summary>A committed state. Reading throws <see cref="StateTreeException"/> if it is not there.</summary>
    public StateSnapshot At(StateVersion version) => new(this, version);

    /// <summary>
    /// The newest state with a root; the zero root is the empty state. Reading throws <see cref="StateTreeException"/> if the root is
    /// unknown or was pruned.
    /// </summary>
    public StateSnapshot At(Hash256 root) => new(this, root);

    /// <summary>
    /// Computes the state that changes give. The cost grows with the number of changes times the depth, not with the size of the state.
    /// Nothing is written.
    /// </summary>
    /// <exception cref="StateTreeException">The parent is unknown or was pruned, or a page is missing or damaged.</exception>
    public StateUpdate Update(StateOverlay changes, StateVersion parent)
    {
        Tree.Version version = Versions.Find(parent);
        TreeUpdate tree = RentTree();
        changes.CopyChanges(tree.Changes);
        return Run(tree, version);
    }

    /// <summary><see cref="Update"/> and <see cref="StateUpdate.WriteTo"/> in one.</summary>
    public StateVersion Commit(StateOverlay changes, StateVersion parent, WriteBatch batch) => Update(changes, parent).WriteTo(batch);

    /// <summary>
    /// Makes a state the oldest one that is kept: all that do not stand on it, older ones and other branches, can no longer be read, and
    /// <see cref="PruneStep"/> will delete what only they needed. Durable when it returns. A state that stands below the oldest kept one
    /// changes nothing.
    /// </summary>
    /// <exception cref="StateTreeException">The state is unknown or was pruned.</exception>
    public void BeginPrune(StateVersion keep) => _pruner.Begin(keep);

    /// <summary>
    /// Deletes a part of what nobody can read any more, in one batch. May be called while states are read and committed; calls from
    /// several threads take turns. A crash between or in calls loses nothing: the next call goes on.
    /// </summary>
    /// <param name="maxDeletes">About how many entries to delete; positive.</param>
    /// <returns>False when nothing is left to delete.</returns>
    /// <exception cref="StateTreeException">A record that says what to delete is missing or damaged.</exception>
    public bool PruneStep(int maxDeletes) => _pruner.Step(maxDeletes);

    /// <summary>
    /// Checks a state in full: computes its root anew from its values in the store, past all memory. Takes as long as reading the whole
    /// state does; commits and pruning may go on meanwhile.
    /// </summary>
    /// <returns>The first thing that is wrong, if anything.</returns>
    /// <exception cref="StateTreeException">The state is unknown or was pruned.</exception>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public StateCheck Check(StateVersion version, CancellationToken cancel = default) => new StateChecker(this, Versions.Find(version), cancel).Run();

    internal StateUpdate Insert(IReadOnlyList<SnapshotLeaf> leaves, StateVersion parent)
    {
        Tree.Version version = Versions.Find(parent);
        TreeUpdate tree = RentTree();
        foreach (SnapshotLeaf leaf in leaves)
        {
            tree.Changes.Set(leaf.Path, leaf.Value.Span);
        }

        return Run(tree, version);
    }

    internal StateProof Prove(Tree.Version version, Hash256 path)
    {
        StateProver prover = Interlocked.Exchange(ref _spareProver, null) ?? new StateProver();
        StateProof proof = prover.Prove(Pages, Values, version, path);
        Versions.ThrowIfGone(version);
        _spareProver = prover;
        return proof;
    }

    internal JournalWriter RentJournal() => Interlocked.Exchange(ref _spareJournal, null) ?? new JournalWriter();

    internal void Return(JournalWriter journal) => _spareJournal = journal;

    internal void Return(TreeUpdate tree)
    {
        if (tree.Capacity <= MaxKeptWorkspaceBytes)
        {
            _spareTree = tree;
        }
    }

    private TreeUpdate RentTree()
    {
        TreeUpdate tree = Interlocked.Exchange(ref _spareTree, null) ?? new TreeUpdate();
        tree.Clear();
        return tree;
    }

    private StateUpdate Run(TreeUpdate tree, Tree.Version parent)
    {
        tree.Run(Pages, parent);
        Versions.ThrowIfGone(parent);
        return new StateUpdate(this, parent, tree);
    }
}
