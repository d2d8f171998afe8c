using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// Collects nodes whose hashes depend on each other and computes them level by level, 32 at once. A reference is a number; 0 is the zero
/// hash. Leaves are hashed as they come, nodes in <see cref="Run"/>. Not thread-safe; reused after <see cref="Clear"/>.
/// </summary>
internal sealed class HashForest
{
    /// <summary>The reference of the empty subtree.</summary>
    internal const int Empty = 0;

    private static readonly int SlotBytes = Sha256Batch.SlotBytes(TreeHash.MessageBytes);

    private readonly byte[] _slots = new byte[Sha256Batch.Lanes * SlotBytes];
    private readonly byte[] _digests = new byte[Sha256Batch.Lanes * Sha256Batch.DigestBytes];
    private readonly int[] _outputs = new int[Sha256Batch.Lanes];
    private readonly int[] _levels = new int[TreeHash.MaxDepth + 2];
    private byte[] _hashes = new byte[64 * Hash256.Size];
    private Entry[] _nodes = new Entry[64];
    private int _count = 1;
    private int _queued;
    private int _highest;

    internal HashForest()
    {
        for (int lane = 0; lane < Sha256Batch.Lanes; lane++)
        {
            Sha256Batch.WritePadding(_slots.AsSpan(lane * SlotBytes, SlotBytes), TreeHash.MessageBytes);
        }
    }

    /// <summary>Bytes of memory that it holds.</summary>
    internal long Capacity => _hashes.Length + (_nodes.Length * 16L);

    internal void Clear()
    {
        _levels.AsSpan(0, _highest + 1).Clear();
        (_count, _queued, _highest) = (1, 0, 0);
    }

    /// <summary>A hash that is known.</summary>
    internal int Constant(ReadOnlySpan<byte> hash)
    {
        int reference = Add(0, 0, 0);
        hash.CopyTo(_hashes.AsSpan(reference * Hash256.Size));
        return reference;
    }

    /// <summary>A leaf: path and hash of the value, 64 bytes.</summary>
    internal int Leaf(ReadOnlySpan<byte> pathAndValueHash)
    {
        int reference = Add(0, 0, 0);
        pathAndValueHash.CopyTo(Enqueue(reference, TreeHash.LeafTag));
        return reference;
    }

    /// <summary>An internal node.</summary>
    internal int Node(int left, int right)
    {
        int level = 1 + Math.Max(_nodes[left].Level, _nodes[right].Level);
        int reference = Add(left, right, level);
        _nodes[reference].Next = _levels[level];
        _levels[level] = reference;
        _highest = Math.Max(_highest, level);
        return reference;
    }

    /// <summary>Computes everything.</summary>
    internal void Run()
    {
        Flush();
        for (int level = 1; level <= _highest; level++)
        {
            for (int reference = _levels[level]; reference != 0; reference = _nodes[reference].Next)
            {
                Span<byte> message = Enqueue(reference, TreeHash.NodeTag);
                Get(_nodes[reference].Left).CopyTo(message);
                Get(_nodes[reference].Right).CopyTo(message[Hash256.Size..]);
            }

            Flush();
        }
    }

    /// <summary>A hash, after <see cref="Run"/>.</summary>
    internal ReadOnlySpan<byte> Get(int reference) => _hashes.AsSpan(reference * Hash256.Size, Hash256.Size);

    private Span<byte> Enqueue(int reference, byte tag)
    {
        if (_queued == Sha256Batch.Lanes)
        {
            Flush();
        }

        Span<byte> slot = _slots.AsSpan(_queued * SlotBytes, TreeHash.MessageBytes);
        slot[0] = tag;
        _outputs[_queued++] = reference;
        return slot[1..];
    }

    private void Flush()
    {
        Sha256Batch.Hash(_slots, TreeHash.MessageBytes, _queued, _digests);
        for (int lane = 0; lane < _queued; lane++)
        {
            _digests.AsSpan(lane * Hash256.Size, Hash256.Size).CopyTo(_hashes.AsSpan(_outputs[lane] * Hash256.Size));
        }

        _queued = 0;
    }

    private int Add(int left, int right, int level)
    {
        if (_count == _nodes.Length)
        {
            Array.Resize(ref _nodes, _count * 2);
            Array.Resize(ref _hashes, _count * 2 * Hash256.Size);
        }

        _nodes[_count] = new Entry { Left = left, Right = right, Level = level };
        return _count++;
    }

    private struct Entry
    {
        internal int Left;
        internal int Right;
        internal int Level;
        internal int Next;
    }
}
