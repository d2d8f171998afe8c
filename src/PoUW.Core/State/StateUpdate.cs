using System.Buffers.Binary;
using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>The tree that some changes give, before anything of it is written. Used by one thread.</summary>
public sealed class StateUpdate
{
    private readonly WorldState _world;
    private readonly Tree.Version _parent;
    private TreeUpdate? _tree;

    internal StateUpdate(WorldState world, Tree.Version parent, TreeUpdate tree)
    {
        (_world, _parent, _tree) = (world, parent, tree);
        Root = tree.Root;
    }

    /// <summary>The root of the new state.</summary>
    public Hash256 Root { get; }

    /// <summary>
    /// Adds the writes of the new state to a batch, once; the version is readable when the batch is applied. Batches of several updates
    /// must be applied in the order of these calls, or not at all.
    /// </summary>
    /// <exception cref="InvalidOperationException">The update was written before.</exception>
    /// <exception cref="StateTreeException">The parent was pruned meanwhile.</exception>
    public StateVersion WriteTo(WriteBatch batch)
    {
        TreeUpdate tree = _tree ?? throw new InvalidOperationException("A state update can be written once.");
        Tree.Version version = _world.Versions.Create(_parent, Root, tree.Pages.Count > 0);
        _tree = null;
        tree.SetNumber(version.Number);
        JournalWriter journal = _world.RentJournal();
        journal.Begin(version.Number);
        WriteValues(batch, tree, version.Number, journal);
        WritePages(batch, tree, version.Number, journal);
        journal.End(batch);
        WriteVersion(batch, version, journal.Chunks);
        _world.Return(journal);
        _world.Return(tree);
        return new StateVersion(version.Number, Root);
    }

    private void WriteValues(WriteBatch batch, TreeUpdate tree, ulong number, JournalWriter journal)
    {
        foreach (TreeUpdate.ChangedValue value in tree.Values)
        {
            Hash256 path = tree.Changes.Path(value.Change);
            _world.Values.Put(batch, path, number, tree.Changes.Entry(value.Change));
            JournalKind kind = tree.Changes.IsRemoval(value.Change) ? JournalKind.ValueRemoved : JournalKind.ValueSet;
            journal.Add(batch, new JournalEntry(kind, value.OldNumber, 0, path));
        }
    }

    private void WritePages(WriteBatch batch, TreeUpdate tree, ulong number, JournalWriter journal)
    {
        // By depth, and within one depth as they come: the order of the keys, so that a store puts each beside the one before.
        for (int depth = 0, written = 0; written < tree.Pages.Count; depth++)
        {
            foreach (TreeUpdate.NewPage page in tree.Pages)
            {
                if (page.Depth == depth)
                {
                    _world.Pages.Put(batch, page.Depth, page.Prefix, number, tree.Bytes(page));
                    written++;
                }
            }
        }

        foreach (TreeUpdate.ReplacedPage page in tree.Replaced)
        {
            JournalKind kind = page.IsWritten ? JournalKind.PageWritten : JournalKind.PageGone;
            journal.Add(batch, new JournalEntry(kind, page.OldNumber, page.Depth, page.Prefix));
        }
    }

    private void WriteVersion(WriteBatch batch, Tree.Version version, int journalChunks)
    {
        Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
        Span<byte> record = stackalloc byte[VersionRecord.Bytes];
        new VersionRecord(version.Root, version.Page, _parent.Number, version.Segment.From, journalChunks).Write(record);
        batch.Put(StateKeys.Version(key, version.Number), record);
        batch.Put(StateKeys.Root(key, version.Root, version.Number), []);
        BinaryPrimitives.WriteUInt64BigEndian(record, version.Number);
        batch.Put(StateKeys.Last, record[..8]);
    }
}
