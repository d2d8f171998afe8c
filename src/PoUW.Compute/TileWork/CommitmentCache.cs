using System.Runtime.CompilerServices;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Commitments of operands that were seen before. A layer's three products share three tensors, so each needs to be hashed once a step. An
/// entry is found by the bytes of the operand and nothing else: it keeps a copy and compares all of it, so whatever a program writes into a
/// tensor, an answer is never stale. What is compared is chosen by a quick digest, so that many versions of a tensor cost no time. A tensor's
/// new contents take the place of its old ones; then the least recently used entries make room. Not thread-safe.
/// </summary>
internal sealed class CommitmentCache
{
    private readonly long _maxBytes;
    private readonly LinkedList<Entry> _entries = new(); // The most recently used first.
    private readonly Dictionary<(ulong Digest, int Rows, int Columns), LinkedListNode<Entry>> _byKey = [];
    private readonly ConditionalWeakTable<object, Slot> _slots = [];
    private readonly MatrixHasher _hasher = new();
    private readonly Entry _loneA;
    private readonly Entry _loneB;
    private long _bytes;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="maxBytes">Bytes that copies and trees may occupy; what does not fit is hashed every time.</param>
    public CommitmentCache(long maxBytes)
    {
        _maxBytes = maxBytes;
        _loneA = new Entry(_hasher);
        _loneB = new Entry(_hasher);
    }

    /// <summary>Operands that had to be hashed.</summary>
    public long Misses { get; private set; }

    /// <summary>Operands that were found.</summary>
    public long Hits { get; private set; }

    /// <summary>Bytes that the entries occupy.</summary>
    public long Bytes => _bytes;

    /// <summary>Commits two operands. The trees are valid until the next call.</summary>
    /// <param name="a">Stored A and its dimensions.</param>
    /// <param name="b">Stored B and its dimensions.</param>
    /// <param name="treeA">The commitment of A.</param>
    /// <param name="treeB">The commitment of B.</param>
    /// <returns>False if an entry is outside the range that our rules draw tickets on; nothing is committed then.</returns>
    public bool TryCommit(in Matrix a, in Matrix b, out MatrixTree treeA, out MatrixTree treeB)
    {
        ulong digestA = ContentDigest.Of(a.Data);
        ulong digestB = ContentDigest.Of(b.Data);
        Entry? entryA = Find(a, digestA);
        Entry? entryB = Find(b, digestB);
        (treeA, treeB) = (entryA?.Tree ?? _loneA.Tree, entryB?.Tree ?? _loneB.Tree);
        if ((entryA is null && !TileWorkMiner.IsInMinedRange(a.Data)) || (entryB is null && !TileWorkMiner.IsInMinedRange(b.Data)))
        {
            return false;
        }

        // Adding one must not take the other's place; and if they are equal, B finds what A has added.
        entryA ??= Add(a, digestA, _loneA, entryB);
        entryB ??= Find(b, digestB) ?? Add(b, digestB, _loneB, entryA);
        (treeA, treeB) = (entryA.Tree, entryB.Tree);
        return true;
    }

    private Entry? Find(in Matrix matrix, ulong digest)
    {
        if (!_byKey.TryGetValue((digest, matrix.Rows, matrix.Columns), out LinkedListNode<Entry>? node) || !node.Value.Holds(matrix))
        {
            return null;
        }

        _entries.Remove(node);
        _entries.AddFirst(node);
        Hits++;
        return node.Value;
    }

    private Entry Add(in Matrix matrix, ulong digest, Entry lone, Entry? keep)
    {
        Misses++;
        long bytes = Entry.BytesOf(matrix);
        LinkedListNode<Entry>? free = bytes <= _maxBytes ? MakeRoom(bytes, keep, matrix.Owner) : null;

        // No room beside the other operand, or another operand with the same digest is in use.
        if (_bytes + bytes > _maxBytes || _byKey.ContainsKey((digest, matrix.Rows, matrix.Columns)))
        {
            lone.Commit(matrix);
            return lone;
        }

        LinkedListNode<Entry> node = free ?? new LinkedListNode<Entry>(new Entry(_hasher));
        node.Value.Keep(matrix, digest);
        if (matrix.Owner is not null)
        {
            node.Value.Slot = _slots.GetOrCreateValue(matrix.Owner);
            node.Value.Slot.Node = node;
        }

        _entries.AddFirst(node);
        _byKey.Add(node.Value.Key, node);
        _bytes += bytes;
        return node.Value;
    }

    // Returns an entry of the same size that went, whose buffers can serve again.
    private LinkedListNode<Entry>? MakeRoom(long bytes, Entry? keep, object? owner)
    {
        LinkedListNode<Entry>? free = null;
        if (owner is not null && _slots.TryGetValue(owner, out Slot? slot) && slot.Node is { } stale && stale.Value != keep)
        {
            free = Drop(stale, bytes);
        }

        while (_bytes + bytes > _maxBytes && Oldest(keep) is { } oldest)
        {
            free = Drop(oldest, bytes) ?? free;
        }

        return free;
    }

    private LinkedListNode<Entry>? Drop(LinkedListNode<Entry> node, long bytes)
    {
        Entry entry = node.Value;
        _entries.Remove(node);
        _byKey.Remove(entry.Key);
        _bytes -= entry.Bytes;
        if (entry.Slot is { } slot)
        {
            slot.Node = null;
            entry.Slot = null;
        }

        return entry.Bytes == bytes ? node : null;
    }

    private LinkedListNode<Entry>? Oldest(Entry? keep) =>
        _entries.Last is { } last && last.Value == keep ? last.Previous : _entries.Last;

    /// <summary>A stored matrix.</summary>
    internal readonly ref struct Matrix(ReadOnlySpan<sbyte> data, int rows, int columns, object? owner = null)
    {
        /// <summary>The tensor, if known: whose contents are out of date when new ones come. A hint only.</summary>
        public object? Owner { get; } = owner;

        public ReadOnlySpan<sbyte> Data { get; } = data;

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;
    }

    /// <summary>Where the contents of a tensor are kept, if they are.</summary>
    private sealed class Slot
    {
        public LinkedListNode<Entry>? Node { get; set; }
    }

    private sealed class Entry(MatrixHasher hasher)
    {
        private readonly AlignedBuffer<sbyte> _copy = new();

        public MatrixTree Tree { get; } = new(hasher);

        public Slot? Slot { get; set; }

        public (ulong Digest, int Rows, int Columns) Key { get; private set; }

        public long Bytes { get; private set; }

        public static long BytesOf(in Matrix matrix) =>
            matrix.Data.Length + (long)Core.Work.MatrixCommitment.TreeBytes(matrix.Rows, matrix.Columns);

        public bool Holds(in Matrix matrix) => matrix.Data.SequenceEqual(_copy.Span);

        public void Commit(in Matrix matrix) => Tree.Compute(matrix.Data, matrix.Rows, matrix.Columns);

        public void Keep(in Matrix matrix, ulong digest)
        {
            _copy.Reserve(matrix.Data.Length);
            matrix.Data.CopyTo(_copy.Span);
            Key = (digest, matrix.Rows, matrix.Columns);
            Bytes = BytesOf(matrix);
            Commit(matrix);
        }
    }
}
