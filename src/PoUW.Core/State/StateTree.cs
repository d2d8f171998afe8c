using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>
/// A compressed sparse Merkle tree over 256-bit paths (the shape of the Jellyfish Merkle tree, Gao, Hu and Wu 2021): a leaf sits at the
/// shortest prefix that no other leaf shares, so the root depends on the set of leaves alone, never on the order of the changes.
/// </summary>
internal sealed class StateTree(StateNodeStore nodes)
{
    internal const int MaxDepth = 256;

    internal byte[]? Get(Hash256 root, Hash256 path)
    {
        Span<byte> bits = stackalloc byte[Hash256.Size];
        path.CopyTo(bits);
        Hash256 at = root;
        for (int depth = 0; !at.IsZero; depth++)
        {
            StateNode node = nodes.Get(at);
            if (node.IsLeaf)
            {
                return node.Path == path ? node.Value : null;
            }

            at = StateNode.Bit(bits, depth) ? node.Right : node.Left;
        }

        return null;
    }

    internal StateProof Prove(Hash256 root, Hash256 path)
    {
        byte[] bits = path.ToArray();
        List<Hash256> siblings = [];
        Hash256 at = root;
        while (!at.IsZero)
        {
            StateNode node = nodes.Get(at);
            if (node.IsLeaf)
            {
                return new StateProof(siblings, node.Path, Hash256.Sha256(node.Value));
            }

            bool right = StateNode.Bit(bits, siblings.Count);
            siblings.Add(right ? node.Left : node.Right);
            at = right ? node.Right : node.Left;
        }

        return new StateProof(siblings, null, Hash256.Zero);
    }

    /// <summary>Applies changes with distinct paths and puts every new node into the batch.</summary>
    /// <returns>The new root.</returns>
    internal Hash256 Update(Hash256 root, List<StateChange> changes, WriteBatch batch)
    {
        StateChange[] sorted = [.. changes];
        Array.Sort(sorted, (left, right) => left.Path.CompareTo(right.Path));
        return Update(root, 0, sorted, new Writing(nodes, batch));
    }

    private Hash256 Update(Hash256 at, int depth, ReadOnlySpan<StateChange> changes, Writing writing)
    {
        if (changes.IsEmpty)
        {
            return at;
        }

        if (at.IsZero)
        {
            return Build(depth, OnlyWrites(changes), writing);
        }

        StateNode node = nodes.Get(at);
        if (node.IsLeaf)
        {
            return Build(depth, OnlyWrites(WithLeaf(changes, node)), writing);
        }

        int split = SplitAt(changes, depth);
        Hash256 left = Update(node.Left, depth + 1, changes[..split], writing);
        Hash256 right = Update(node.Right, depth + 1, changes[split..], writing);
        return left == node.Left && right == node.Right ? at : Join(left, right, writing);
    }

    /// <summary>A fresh subtree over sorted leaves.</summary>
    private Hash256 Build(int depth, ReadOnlySpan<StateChange> leaves, Writing writing)
    {
        if (leaves.IsEmpty)
        {
            return Hash256.Zero;
        }

        if (leaves.Length == 1)
        {
            return writing.Put(StateNode.Leaf(leaves[0].Path, leaves[0].Value!));
        }

        int split = SplitAt(leaves, depth);
        Hash256 left = Build(depth + 1, leaves[..split], writing);
        Hash256 right = Build(depth + 1, leaves[split..], writing);
        return writing.Put(StateNode.Internal(left, right));
    }

    /// <summary>A leaf that lost its sibling moves up; two subtrees, or one that is not a leaf, need an internal node.</summary>
    private Hash256 Join(Hash256 left, Hash256 right, Writing writing)
    {
        if (left.IsZero && (right.IsZero || writing.IsLeaf(right)))
        {
            return right;
        }

        return right.IsZero && writing.IsLeaf(left) ? left : writing.Put(StateNode.Internal(left, right));
    }

    private static StateChange[] OnlyWrites(ReadOnlySpan<StateChange> changes)
    {
        List<StateChange> writes = new(changes.Length);
        foreach (StateChange change in changes)
        {
            if (change.Value is not null)
            {
                writes.Add(change);
            }
        }

        return [.. writes];
    }

    private static StateChange[] WithLeaf(ReadOnlySpan<StateChange> changes, StateNode leaf)
    {
        List<StateChange> merged = new(changes.Length + 1);
        bool placed = false;
        foreach (StateChange change in changes)
        {
            int order = leaf.Path.CompareTo(change.Path);
            if (!placed && order < 0)
            {
                merged.Add(new StateChange(leaf.Path, leaf.Value));
            }

            placed |= order <= 0;
            merged.Add(change);
        }

        if (!placed)
        {
            merged.Add(new StateChange(leaf.Path, leaf.Value));
        }

        return [.. merged];
    }

    /// <summary>The number of leading changes whose path has a zero at this depth.</summary>
    private static int SplitAt(ReadOnlySpan<StateChange> sorted, int depth)
    {
        Span<byte> bits = stackalloc byte[Hash256.Size];
        int low = 0;
        int high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            sorted[middle].Path.CopyTo(bits);
            if (StateNode.Bit(bits, depth))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>One update. It knows its own new nodes, because they are not in the store yet and the memory of nodes may drop them.</summary>
    private sealed class Writing(StateNodeStore nodes, WriteBatch batch)
    {
        private readonly Dictionary<Hash256, bool> _isLeaf = [];

        internal Hash256 Put(StateNode node)
        {
            Hash256 hash = nodes.Put(node, batch);
            _isLeaf[hash] = node.IsLeaf;
            return hash;
        }

        internal bool IsLeaf(Hash256 hash) => _isLeaf.TryGetValue(hash, out bool isLeaf) ? isLeaf : nodes.Get(hash).IsLeaf;
    }
}
