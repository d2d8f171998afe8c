using System.Runtime.InteropServices;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Commitments of operands that were seen before. A layer's three products share three tensors, so each needs to be hashed once a step. An
/// entry is found by the bytes of the operand and nothing else: it keeps a copy and compares all of it, so whatever a program writes into a
/// tensor, an answer is never stale. A compare costs a fraction of the hash. The least recently used entries make room. Not thread-safe.
/// </summary>
internal sealed class CommitmentCache
{
    private readonly long _maxBytes;
    private readonly LinkedList<Entry> _entries = new(); // The most recently used first.
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

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _entries.Clear();
        _bytes = 0;
    }

    /// <summary>Commits two operands. The trees are valid until the next call.</summary>
    /// <param name="a">Stored A and its dimensions.</param>
    /// <param name="b">Stored B and its dimensions.</param>
    /// <param name="treeA">The commitment of A.</param>
    /// <param name="treeB">The commitment of B.</param>
    /// <returns>False if an entry is outside the range that our rules draw tickets on; nothing is committed then.</returns>
    public bool TryCommit(in Matrix a, in Matrix b, out MatrixTree treeA, out MatrixTree treeB)
    {
        Entry? entryA = Find(a);
        Entry? entryB = Find(b);
        (treeA, treeB) = (entryA?.Tree ?? _loneA.Tree, entryB?.Tree ?? _loneB.Tree);
        if ((entryA is null && !TileWorkMiner.IsInMinedRange(a.Data)) || (entryB is null && !TileWorkMiner.IsInMinedRange(b.Data)))
        {
            return false;
        }

        // Adding one must not take the other's place; and if they are equal, B finds what A has added.
        entryA ??= Add(a, _loneA, entryB);
        entryB ??= Find(b) ?? Add(b, _loneB, entryA);
        (treeA, treeB) = (entryA.Tree, entryB.Tree);
        return true;
    }

    private Entry? Find(in Matrix matrix)
    {
        ulong probe = Probe(matrix.Data);
        for (LinkedListNode<Entry>? node = _entries.First; node is not null; node = node.Next)
        {
            if (node.Value.Matches(matrix, probe))
            {
                _entries.Remove(node);
                _entries.AddFirst(node);
                Hits++;
                return node.Value;
            }
        }

        return null;
    }

    private Entry Add(in Matrix matrix, Entry lone, Entry? keep)
    {
        Misses++;
        long bytes = Entry.BytesOf(matrix);
        if (bytes > _maxBytes)
        {
            lone.Commit(matrix);
            return lone;
        }

        // The buffers of an entry that goes serve a new one of its size.
        LinkedListNode<Entry>? node = null;
        while (_bytes + bytes > _maxBytes && Oldest(keep) is { } oldest)
        {
            _entries.Remove(oldest);
            _bytes -= oldest.Value.Bytes;
            node = oldest.Value.Bytes == bytes ? oldest : node;
        }

        if (_bytes + bytes > _maxBytes)
        {
            lone.Commit(matrix);
            return lone;
        }

        node ??= new LinkedListNode<Entry>(new Entry(_hasher));
        node.Value.Keep(matrix, Probe(matrix.Data));
        _entries.AddFirst(node);
        _bytes += node.Value.Bytes;
        return node.Value;
    }

    private LinkedListNode<Entry>? Oldest(Entry? keep) =>
        _entries.Last is { } last && last.Value == keep ? last.Previous : _entries.Last;

    // Sixty-four words spread over the operand tell most operands apart without a look at the rest.
    private static ulong Probe(ReadOnlySpan<sbyte> data)
    {
        const int samples = 64;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<sbyte, ulong>(data);
        ulong probe = (ulong)data.Length;
        for (int i = 0; i < samples && i < words.Length; i++)
        {
            probe = unchecked((probe * 0x9e3779b97f4a7c15) ^ words[(int)((long)i * words.Length / samples)]);
        }

        return probe;
    }

    /// <summary>A stored matrix.</summary>
    internal readonly ref struct Matrix(ReadOnlySpan<sbyte> data, int rows, int columns)
    {
        public ReadOnlySpan<sbyte> Data { get; } = data;

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;
    }

    private sealed class Entry(MatrixHasher hasher)
    {
        private readonly AlignedBuffer<sbyte> _copy = new();
        private ulong _probe;
        private int _rows;
        private int _columns;

        public MatrixTree Tree { get; } = new(hasher);

        public long Bytes { get; private set; }

        public static long BytesOf(in Matrix matrix) =>
            matrix.Data.Length + (long)Core.Work.MatrixCommitment.TreeBytes(matrix.Rows, matrix.Columns);

        public bool Matches(in Matrix matrix, ulong probe) =>
            probe == _probe && matrix.Rows == _rows && matrix.Columns == _columns && matrix.Data.SequenceEqual(_copy.Span);

        public void Commit(in Matrix matrix) => Tree.Compute(matrix.Data, matrix.Rows, matrix.Columns);

        public void Keep(in Matrix matrix, ulong probe)
        {
            _copy.Reserve(matrix.Data.Length);
            matrix.Data.CopyTo(_copy.Span);
            (_rows, _columns, _probe) = (matrix.Rows, matrix.Columns, probe);
            Commit(matrix);
            Bytes = BytesOf(matrix);
        }
    }
}
