using System.Buffers.Binary;
using System.Collections.Concurrent;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The commits of a store: their numbers, their ancestors, and the base, below which states are gone. Thread-safe.
/// </summary>
internal sealed class VersionTable
{
    private const int MaxRemembered = 4096;

    private readonly IKeyValueStore _store;
    private readonly ConcurrentDictionary<ulong, Version> _versions = new();
    private readonly ConcurrentDictionary<ulong, Segment> _segments = new();
    private volatile Version _base = Version.Empty;
    private ulong _last;
    private ulong _prunedThrough;

    internal VersionTable(IKeyValueStore store)
    {
        _store = store;
        _last = store.Get(StateKeys.Last) is { } stored
            ? BinaryPrimitives.ReadUInt64BigEndian(Sized(stored, 8, "number of the last state"))
            : 0;
    }

    /// <summary>The newest number that was given away.</summary>
    internal ref ulong Last => ref _last;

    /// <summary>The oldest state that can be read, apart from the empty one.</summary>
    internal Version Base => _base;

    /// <summary>A new commit on top of another. Commits come from one thread at a time.</summary>
    internal Version Create(Version parent, Hash256 root, bool hasNewPages)
    {
        if (!parent.Contains(_base.Number))
        {
            throw new StateTreeException($"Nothing can be committed on state {parent.Number}: states below {_base.Number} ({_base.Root}) were pruned.");
        }

        ulong number = Interlocked.Increment(ref _last);
        Segment segment = parent.Number + 1 == number ? parent.Segment : new Segment(number, parent.Segment, parent.Number);
        ulong rootPage = root.IsZero ? 0 : hasNewPages ? number : parent.Page;
        Version version = new(number, root, rootPage, segment);
        Remember(version);
        return version;
    }

    /// <summary>A commit by its name.</summary>
    /// <exception cref="StateTreeException">It is unknown, pruned, or its record is damaged.</exception>
    internal Version Find(StateVersion name)
    {
        if (name.Number == 0)
        {
            return name.Root.IsZero ? Version.Empty : throw new StateTreeException($"State {name.Root} has no number.");
        }

        if (!_versions.TryGetValue(name.Number, out Version? version))
        {
            version = Load(name.Number) ?? throw Missing(name);
            Remember(version);
        }

        ThrowIfGone(version);
        return version.Root == name.Root
            ? version
            : throw new StateTreeException($"State {name.Number} has the root {version.Root}, not {name.Root}.");
    }

    /// <summary>The newest readable commit with a root.</summary>
    /// <exception cref="StateTreeException">There is none.</exception>
    internal Version Find(Hash256 root)
    {
        if (root.IsZero)
        {
            return Version.Empty;
        }

        Span<byte> from = stackalloc byte[StateKeys.MaxBytes];
        Span<byte> end = stackalloc byte[StateKeys.MaxBytes];
        ReadOnlySpan<byte> next = StateKeys.Root(from, root, ulong.MaxValue);
        ReadOnlySpan<byte> stop = StateKeys.Root(end, root, 0);
        while (_store.Scan(next, stop, 8) is { Count: > 0 } page)
        {
            foreach ((byte[] key, _) in page)
            {
                Version? version = Load(StateKeys.NumberOf(key));
                if (version is not null && IsLive(version) && version.Root == root)
                {
                    return version;
                }
            }

            byte[] last = page[^1].Key;
            next = (byte[])[.. last, 0];
        }

        throw new StateTreeException($"No state with the root {root} is in the store; it is unknown or was pruned.");
    }

    /// <summary>True if a commit was not pruned and will not be before the base moves on.</summary>
    internal bool IsLive(Version version) => version.Number == 0 || version.Contains(_base.Number);

    /// <summary>Call after reading: what was read while the version was alive is right, and nothing else is.</summary>
    internal void ThrowIfGone(Version version)
    {
        if (!IsLive(version))
        {
            throw new StateTreeException(
                $"State {version.Number} ({version.Root}) was pruned; the oldest that is kept is {_base.Number} ({_base.Root}) and what stands on it.");
        }
    }

    /// <summary>Moves the base; the caller has stored it.</summary>
    internal void SetBase(Version version, ulong prunedThrough)
    {
        _base = version;
        Volatile.Write(ref _prunedThrough, prunedThrough);
    }

    /// <summary>Tells that nothing of a number up to this one is left but what the base needs.</summary>
    internal void SetPrunedThrough(ulong number) => Volatile.Write(ref _prunedThrough, number);

    /// <summary>Forgets a commit that was deleted.</summary>
    internal void Forget(ulong number) => _versions.TryRemove(number, out _);

    internal VersionRecord? ReadRecord(ulong number)
    {
        Span<byte> key = stackalloc byte[StateKeys.MaxBytes];
        return _store.Get(StateKeys.Version(key, number)) is { } stored ? VersionRecord.Read(stored, number) : null;
    }

    /// <summary>Reads a commit without asking whether it is alive; null if it is not there.</summary>
    internal Version? Load(ulong number)
    {
        if (ReadRecord(number) is not { } record)
        {
            return null;
        }

        return new Version(number, record.Root, record.Page, FindSegment(record.From));
    }

    /// <summary>The run that begins with a number, with all below it that pruning has not made meaningless.</summary>
    private Segment FindSegment(ulong from)
    {
        Stack<(ulong From, ulong ParentLast)> open = new();
        Segment found;
        while (true)
        {
            // What is left of a pruned run belongs to the ancestors of everything that is left, so its beginning does not matter.
            if (from <= Volatile.Read(ref _prunedThrough) || from == 0)
            {
                found = Segment.Root;
                break;
            }

            if (_segments.TryGetValue(from, out Segment? known))
            {
                found = known;
                break;
            }

            VersionRecord? first = ReadRecord(from);
            if (first is null && from > Volatile.Read(ref _prunedThrough))
            {
                throw new StateTreeException($"The record of state {from} is not in the store.");
            }

            if (first is { } begin)
            {
                open.Push((from, begin.Parent));
                from = begin.Parent == 0 ? 0 : BeginOfRun(begin.Parent);
            }
        }

        while (open.TryPop(out (ulong From, ulong ParentLast) run))
        {
            found = new Segment(run.From, found, run.ParentLast);
            _segments.TryAdd(run.From, found);
        }

        return found;
    }

    private ulong BeginOfRun(ulong number)
    {
        if (number <= Volatile.Read(ref _prunedThrough))
        {
            return 0;
        }

        VersionRecord? record = ReadRecord(number);
        return record is null && number > Volatile.Read(ref _prunedThrough)
            ? throw new StateTreeException($"The record of state {number} is not in the store.")
            : record?.From ?? 0;
    }

    private void Remember(Version version)
    {
        if (_versions.Count >= MaxRemembered)
        {
            _versions.Clear();
            _segments.Clear();
        }

        _versions[version.Number] = version;
    }

    private StateTreeException Missing(StateVersion name) => new(
        name.Number < _base.Number
            ? $"State {name.Number} ({name.Root}) was pruned; the oldest that is kept is {_base.Number} ({_base.Root}) and what stands on it."
            : $"State {name.Number} ({name.Root}) is not in the store.");

    private static byte[] Sized(byte[] stored, int bytes, string what) =>
        stored.Length == bytes ? stored : throw new StateTreeException($"The stored {what} is damaged.");
}
