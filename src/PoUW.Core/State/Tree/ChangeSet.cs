using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// New values at distinct paths, in one block of memory: each entry is the byte that the store wants in front and the value. Not
/// thread-safe; reused.
/// </summary>
internal sealed class ChangeSet
{
    // Values up to this length are hashed with others of their length; longer ones take several blocks and gain less.
    private const int MaxBatched = 119;

    private readonly int[] _firstOfLength = new int[MaxBatched + 1];
    private readonly byte[] _slots = new byte[Sha256Batch.Lanes * Sha256Batch.SlotBytes(MaxBatched)];
    private readonly byte[] _digests = new byte[Sha256Batch.Lanes * Sha256Batch.DigestBytes];
    private readonly int[] _outputs = new int[Sha256Batch.Lanes];
    private Change[] _changes = new Change[16];
    private byte[] _entries = new byte[256];
    private byte[] _hashes = [];
    private int[] _next = [];
    private int _used;

    internal int Count { get; private set; }

    /// <summary>Bytes of memory that it holds.</summary>
    internal long Capacity => (_changes.Length * 40L) + _entries.Length + _hashes.Length + (_next.Length * 4L);

    internal void Clear() => (Count, _used) = (0, 0);

    /// <summary>Adds a value.</summary>
    internal void Set(Hash256 path, ReadOnlySpan<byte> value)
    {
        Reserve(1 + value.Length);
        _entries[_used] = ValueStore.Present;
        value.CopyTo(_entries.AsSpan(_used + 1));
        Add(path, 1 + value.Length);
    }

    /// <summary>Adds a removal.</summary>
    internal void Remove(Hash256 path)
    {
        Reserve(1);
        _entries[_used] = ValueStore.Removed;
        Add(path, 1);
    }

    /// <summary>Sorts by path and hashes the leaves; to be called before anything is read.</summary>
    internal void Complete()
    {
        _changes.AsSpan(0, Count).Sort(static (left, right) => left.Path.CompareTo(right.Path));
        if (_hashes.Length < Count * Hash256.Size)
        {
            _hashes = new byte[_changes.Length * Hash256.Size];
            _next = new int[_changes.Length];
        }

        _firstOfLength.AsSpan().Clear();
        for (int i = 0; i < Count; i++)
        {
            int bytes = _changes[i].Length - 1;
            if (bytes > MaxBatched)
            {
                System.Security.Cryptography.SHA256.HashData(Entry(i)[1..], HashRoom(i));
            }
            else if (!IsRemoval(i))
            {
                _next[i] = _firstOfLength[bytes];
                _firstOfLength[bytes] = i + 1;
            }
        }

        HashByLength();
        HashLeaves();
    }

    internal Hash256 Path(int change) => _changes[change].Path;

    /// <summary>Four bits of the path.</summary>
    internal int Nibble(int change, int depth) => _changes[change].Path.Nibble(depth);

    internal bool IsRemoval(int change) => _entries[_changes[change].Start] == ValueStore.Removed;

    /// <summary>The tag and the value.</summary>
    internal ReadOnlySpan<byte> Entry(int change) => _entries.AsSpan(_changes[change].Start, _changes[change].Length);

    /// <summary>The hash of the leaf; meaningless for a removal.</summary>
    internal ReadOnlySpan<byte> LeafHash(int change) => HashRoom(change);

    private Span<byte> HashRoom(int change) => _hashes.AsSpan(change * Hash256.Size, Hash256.Size);

    private void HashByLength()
    {
        for (int bytes = 0; bytes <= MaxBatched; bytes++)
        {
            int slotBytes = Sha256Batch.SlotBytes(bytes);
            int queued = 0;
            for (int i = _firstOfLength[bytes]; i != 0; i = _next[i - 1])
            {
                Span<byte> slot = _slots.AsSpan(queued * slotBytes, slotBytes);
                Entry(i - 1)[1..].CopyTo(slot);
                Sha256Batch.WritePadding(slot, bytes);
                _outputs[queued++] = i - 1;
                if (queued == Sha256Batch.Lanes)
                {
                    Flush(bytes, queued);
                    queued = 0;
                }
            }

            Flush(bytes, queued);
        }
    }

    /// <summary>Makes hashes of leaves out of those of the values.</summary>
    private void HashLeaves()
    {
        int slotBytes = Sha256Batch.SlotBytes(TreeHash.MessageBytes);
        int queued = 0;
        for (int i = 0; i < Count; i++)
        {
            if (IsRemoval(i))
            {
                continue;
            }

            Span<byte> slot = _slots.AsSpan(queued * slotBytes, slotBytes);
            slot[0] = TreeHash.LeafTag;
            _changes[i].Path.CopyTo(slot[1..]);
            HashRoom(i).CopyTo(slot[(1 + Hash256.Size)..]);
            Sha256Batch.WritePadding(slot, TreeHash.MessageBytes);
            _outputs[queued++] = i;
            if (queued == Sha256Batch.Lanes)
            {
                Flush(TreeHash.MessageBytes, queued);
                queued = 0;
            }
        }

        Flush(TreeHash.MessageBytes, queued);
    }

    private void Flush(int bytes, int queued)
    {
        Sha256Batch.Hash(_slots, bytes, queued, _digests);
        for (int lane = 0; lane < queued; lane++)
        {
            _digests.AsSpan(lane * Hash256.Size, Hash256.Size).CopyTo(HashRoom(_outputs[lane]));
        }
    }

    private void Reserve(int bytes)
    {
        if (_entries.Length - _used < bytes)
        {
            Array.Resize(ref _entries, (int)Math.Min(Array.MaxLength, Math.Max(_entries.Length * 2L, (long)_used + bytes)));
        }
    }

    private void Add(Hash256 path, int bytes)
    {
        if (Count == _changes.Length)
        {
            Array.Resize(ref _changes, Count * 2);
        }

        _changes[Count++] = new Change(path, _used, bytes);
        _used += bytes;
    }

    private readonly record struct Change(Hash256 Path, int Start, int Length);
}
