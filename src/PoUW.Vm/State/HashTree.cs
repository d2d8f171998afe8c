using System.Security.Cryptography;
using PoUW.Core.Primitives;

namespace PoUW.Vm.State;

/// <summary>
/// All nodes of a Merkle tree as <see cref="MerkleAccumulator"/> defines it, kept so that single leaves can be replaced and proved. Level 0
/// are the leaves; a node without a sibling moves up unchanged. Memory: about 64 bytes a leaf. Not thread-safe.
/// </summary>
internal sealed class HashTree
{
    private readonly byte[] _nodes;
    private readonly int[] _starts;
    private readonly int[] _widths;

    /// <summary>A tree whose leaves are zero hashes; <see cref="Update"/> makes the nodes above valid.</summary>
    public HashTree(int width)
    {
        List<int> widths = [width];
        while (widths[^1] > 1)
        {
            widths.Add((widths[^1] + 1) / 2);
        }

        _widths = [.. widths];
        _starts = new int[_widths.Length];
        for (int level = 1; level < _starts.Length; level++)
        {
            _starts[level] = _starts[level - 1] + _widths[level - 1];
        }

        _nodes = new byte[(_starts[^1] + _widths[^1]) * Hash256.Size];
    }

    /// <summary>Number of leaves.</summary>
    public int Width => _widths[0];

    /// <summary>Number of levels, the leaves and the root included.</summary>
    public int Levels => _widths.Length;

    /// <summary>The root; SHA-256 of nothing if there are no leaves.</summary>
    public Hash256 Root => Width == 0 ? Hash256.Sha256([]) : Node(Levels - 1, 0);

    /// <summary>A node.</summary>
    public Hash256 Node(int level, int index) => new(Bytes(level, index));

    /// <summary>The hash of a leaf, to be written; <see cref="Update"/> has to follow.</summary>
    public Span<byte> Leaf(int index) => Bytes(0, index);

    /// <summary>Computes the nodes above changed leaves.</summary>
    /// <param name="changed">Distinct leaf indices in ascending order; overwritten.</param>
    public void Update(Span<int> changed)
    {
        for (int level = 1; level < Levels; level++)
        {
            int parents = 0;
            foreach (int child in changed)
            {
                int parent = child / 2;
                if (parents == 0 || changed[parents - 1] != parent)
                {
                    changed[parents++] = parent;
                    Combine(level, parent);
                }
            }

            changed = changed[..parents];
        }
    }

    /// <summary>Computes every node above the leaves.</summary>
    public void UpdateAll() => Update(Enumerable.Range(0, Width).ToArray());

    /// <summary>The siblings on the way from a leaf to the root, see <see cref="MerklePath"/>.</summary>
    public Hash256[] Path(int index)
    {
        List<Hash256> path = [];
        for (int level = 0; level < Levels - 1; level++, index /= 2)
        {
            if ((index ^ 1) < _widths[level])
            {
                path.Add(Node(level, index ^ 1));
            }
        }

        return [.. path];
    }

    /// <summary>leaf = SHA-256(0x00 || content).</summary>
    public static void HashLeaf(ReadOnlySpan<byte> content, Span<byte> hash)
    {
        // Copying behind the prefix and hashing in one call measures the same as hashing in parts, and needs no object.
        Span<byte> preimage = content.Length <= StateCommitment.LeafBytes
            ? stackalloc byte[1 + StateCommitment.LeafBytes]
            : new byte[1 + content.Length];
        preimage = preimage[..(1 + content.Length)];
        preimage[0] = 0;
        content.CopyTo(preimage[1..]);
        SHA256.HashData(preimage, hash);
    }

    /// <summary>node = SHA-256(0x01 || left || right).</summary>
    public static void HashNode(ReadOnlySpan<byte> children, Span<byte> hash)
    {
        Span<byte> preimage = stackalloc byte[1 + (2 * Hash256.Size)];
        preimage[0] = 1;
        children.CopyTo(preimage[1..]);
        SHA256.HashData(preimage, hash);
    }

    private void Combine(int level, int index)
    {
        if ((2 * index) + 1 < _widths[level - 1])
        {
            HashNode(_nodes.AsSpan((_starts[level - 1] + (2 * index)) * Hash256.Size, 2 * Hash256.Size), Bytes(level, index));
        }
        else
        {
            Bytes(level - 1, 2 * index).CopyTo(Bytes(level, index));
        }
    }

    private Span<byte> Bytes(int level, int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_widths[level], nameof(index));
        return _nodes.AsSpan((_starts[level] + index) * Hash256.Size, Hash256.Size);
    }
}
