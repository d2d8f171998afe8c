using System.Numerics;
using System.Security.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Vm.State;

/// <summary>
/// The root of a Merkle tree, leaf by leaf, in memory logarithmic in their number. A leaf is SHA-256(0x00 || bytes), an inner node
/// SHA-256(0x01 || left || right); a node without a sibling moves up unchanged (the tree of RFC 6962). Not thread-safe.
/// </summary>
public sealed class MerkleAccumulator
{
    private readonly List<Hash256> _peaks = [];
    private readonly byte[] _node = new byte[1 + (2 * Hash256.Size)];
    private byte[] _leaf = new byte[1 + 1024];
    private long _count;

    /// <summary>Appends the leaf of these bytes.</summary>
    public void Add(ReadOnlySpan<byte> content)
    {
        if (_leaf.Length <= content.Length)
        {
            _leaf = new byte[content.Length + 1];
        }

        content.CopyTo(_leaf.AsSpan(1));
        AddHash(Hash256.Sha256(_leaf.AsSpan(0, content.Length + 1)));
    }

    /// <summary>Appends a leaf whose hash is known.</summary>
    public void AddHash(Hash256 leaf)
    {
        int merges = BitOperations.TrailingZeroCount(~_count);
        for (int i = 0; i < merges; i++)
        {
            leaf = Node(_peaks[^1], leaf);
            _peaks.RemoveAt(_peaks.Count - 1);
        }

        _peaks.Add(leaf);
        _count++;
    }

    /// <summary>The root of the leaves so far; SHA-256 of nothing if there are none. Leaves may be added afterwards.</summary>
    public Hash256 Root()
    {
        if (_peaks.Count == 0)
        {
            return Hash256.Sha256([]);
        }

        Hash256 root = _peaks[^1];
        for (int i = _peaks.Count - 2; i >= 0; i--)
        {
            root = Node(_peaks[i], root);
        }

        return root;
    }

    private Hash256 Node(Hash256 left, Hash256 right)
    {
        Span<byte> digest = stackalloc byte[Hash256.Size];
        _node[0] = 1;
        left.CopyTo(_node.AsSpan(1));
        right.CopyTo(_node.AsSpan(1 + Hash256.Size));
        SHA256.HashData(_node, digest);
        return new Hash256(digest);
    }
}
