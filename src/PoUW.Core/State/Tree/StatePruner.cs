using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>
/// Deletes what states below the base needed. Commits are handled in the order of their numbers up to that of the base: one that the base
/// stands on gives up what it replaced, one that it does not stand on gives up what it created. The cursor is part of each batch, and
/// deletions can be repeated, so a crash costs nothing. Thread-safe.
/// </summary>
internal sealed class StatePruner
{
    private readonly Lock _gate = new();
    private readonly IKeyValueStore _store;
    private readonly VersionTable _versions;
    private readonly ValueStore _values;
    private readonly WriteBatch _batch = new();
    private PruneCursor _cursor;
    private Version _keep = Version.Empty;
    private bool _done = true;

    internal StatePruner(IKeyValueStore store, VersionTable versions, ValueStore values)
    {
        (_store, _versions, _values) = (store, versions, values);
        if (store.Get(StateKeys.Base) is { } stored)
        {
            _cursor = PruneCursor.Read(stored);
            versions.SetPrunedThrough(Through(_cursor));
            _keep = versions.Load(_cursor.Keep) ?? throw new StateTreeException($"The oldest kept state {_cursor.Keep} is not in the store.");
            _done = false;
            versions.SetBase(_keep, Through(_cursor));
        }
    }

    internal void Begin(StateVersion keep)
    {
        lock (_gate)
        {
            // Such a state may be gone already: two callers, or one who keeps more states than before.
            if (keep.Number <= _keep.Number && _keep.Contains(keep.Number))
            {
                ThrowIfOther(keep);
                return;
            }

            Version version = _versions.Find(keep);

            // The name alone is not enough: the state must be in the store, not only in a batch that was never applied.
            if (_versions.ReadRecord(version.Number) is null)
            {
                throw new StateTreeException($"State {version.Number} ({version.Root}) is not in the store.");
            }

            PruneCursor cursor = _cursor with { Keep = version.Number };
            _batch.Clear();
            Put(cursor);
            _store.Apply(_batch);
            (_cursor, _keep, _done) = (cursor, version, false);
            _versions.SetBase(version, Through(cursor));
        }
    }

    internal bool Step(int maxDeletes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDeletes);
        lock (_gate)
        {
            if (_done)
            {
                return false;
            }

            _batch.Clear();
            PruneCursor cursor = _cursor;
            bool done = false;
            int left = maxDeletes;
            while (left > 0 && !done)
            {
                cursor = Advance(cursor, ref left, out done);
            }

            Put(cursor);

            // Before the batch: readers may look for a record as soon as it is gone. Early does no harm, since nothing of these numbers is
            // in memory but what the kept states have.
            _versions.SetPrunedThrough(done ? cursor.Keep : Through(cursor));
            _store.Apply(_batch);
            (_cursor, _done) = (cursor, done);
            return !done;
        }
    }

    private void ThrowIfOther(StateVersion keep)
    {
        if (keep.Number == _keep.Number && keep.Root != _keep.Root)
        {
            throw new StateTreeException($"State {keep.Number} has the root {_keep.Root}, not {keep.Root}.");
        }
    }

    private static ulong Through(PruneCursor cursor) => cursor.Number == 0 ? 0 : cursor.Number - 1;

    private void Put(PruneCursor cursor)
    {
        Span<byte> stored = stackalloc byte[PruneCursor.Bytes];
        cursor.Write(stored);
        _batch.Put(StateKeys.Base, stored);
    }

    private PruneCursor Advance(PruneCursor cursor, ref int left, out bool done)
    {
        done = false;
        VersionRecord? record = cursor.Number == 0 ? null : _versions.ReadRecord(cursor.Number);
        if (record is { } present && cursor.Chunk < present.JournalChunks)
        {
            return PruneChunk(cursor, ref left);
        }

        left--;
        if (cursor.Number == cursor.Keep)
        {
            done = true;
            return cursor;
        }

        if (record is { } gone)
        {
            Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
            _batch.Delete(StateKeys.Version(key, cursor.Number));
            _batch.Delete(StateKeys.Root(key, gone.Root, cursor.Number));
            _versions.Forget(cursor.Number);
        }

        // A number without a record was given to a commit that was never applied.
        if (!_keep.Contains(cursor.Number))
        {
            // Once nothing is known of this branch, nothing would tell its values in memory from those of the states that are left.
            _values.Forget();
        }

        return cursor with { Number = cursor.Number + 1, Chunk = 0, Offset = 0 };
    }

    private PruneCursor PruneChunk(PruneCursor cursor, ref int left)
    {
        Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
        byte[] chunk = _store.Get(StateKeys.Journal(key, cursor.Number, cursor.Chunk))
            ?? throw new StateTreeException($"A part of the journal of state {cursor.Number} is not in the store.");
        bool isKept = _keep.Contains(cursor.Number);
        int at = cursor.Offset;
        while (at < chunk.Length && left > 0)
        {
            int read = JournalEntry.Read(chunk.AsSpan(at), out JournalEntry entry);
            if (read == 0)
            {
                throw new StateTreeException($"The journal of state {cursor.Number} is damaged.");
            }

            // An entry that gives nothing up counts as well, so that a call ends soon.
            left -= Math.Max(1, isKept ? DeleteReplaced(entry, cursor.Number) : DeleteCreated(entry, cursor.Number));
            at += read;
        }

        if (at < chunk.Length)
        {
            return cursor with { Offset = at };
        }

        _batch.Delete(StateKeys.Journal(key, cursor.Number, cursor.Chunk));
        return cursor with { Chunk = cursor.Chunk + 1, Offset = 0 };
    }

    private int DeleteReplaced(JournalEntry entry, ulong number)
    {
        int deletes = entry.OldNumber != 0 ? Delete(entry, entry.OldNumber) : 0;

        // Nothing older is left that a removal would have to hide.
        return entry.Kind == JournalKind.ValueRemoved ? deletes + Delete(entry, number) : deletes;
    }

    private int DeleteCreated(JournalEntry entry, ulong number)
    {
        return entry.Kind == JournalKind.PageGone ? 0 : Delete(entry, number);
    }

    private int Delete(JournalEntry entry, ulong number)
    {
        Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
        _batch.Delete(entry.IsPage ? StateKeys.Page(key, entry.Depth, entry.Path, number) : StateKeys.Value(key, entry.Path, number));
        return 1;
    }
}
