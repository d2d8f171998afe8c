using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// The root of a tree of which a run of leaves is known, and the hashes of what lies beyond both ends. On the way to an outermost leaf the
/// depth of the leaf is taken from the chunk; everything between is built as the definition says. A wrong depth or hash gives another
/// root, since leaves and nodes are hashed with different tags. Used once.
/// </summary>
internal sealed class SnapshotRange
{
    // Paths that share nearly all of their bits make 256 nodes a leaf; by pieces, a chunk of such ones takes some megabytes and no gigabyte.
    private const int LeavesOfPiece = 512;

    private readonly HashForest _hashes = new();
    private readonly HashForest _piece = new();
    private readonly SnapshotEdge? _left;
    private readonly SnapshotEdge? _right;
    private readonly Hash256[] _paths;
    private readonly Hash256[] _valueHashes;
    private int _usedLeft;
    private int _usedRight;

    internal SnapshotRange(SnapshotChunk chunk)
    {
        (_left, _right) = (chunk.Left, chunk.Right);
        int before = chunk.Previous is null ? 0 : 1;
        _paths = new Hash256[chunk.Leaves.Count + before];
        _valueHashes = new Hash256[_paths.Length];
        (_paths[0], _valueHashes[0]) = (chunk.Previous ?? default, chunk.PreviousValueHash);
        for (int i = 0; i < chunk.Leaves.Count; i++)
        {
            (_paths[i + before], _valueHashes[i + before]) = (chunk.Leaves[i].Path, Hash256.Sha256(chunk.Leaves[i].Value.Span));
        }
    }

    /// <summary>Computes the root; false if the parts contradict each other.</summary>
    internal bool TryComputeRoot(out Hash256 root)
    {
        root = default;
        if (!TryBuild(0, 0, _paths.Length, _left is not null, _right is not null, out int reference))
        {
            return false;
        }

        _hashes.Run();
        root = new Hash256(_hashes.Get(reference));
        return true;
    }

    /// <summary>The subtree over leaves that share their first bits; unknown ones may lie before them (left) or after them (right).</summary>
    private bool TryBuild(int depth, int from, int end, bool left, bool right, out int reference)
    {
        reference = HashForest.Empty;
        if (!left && !right)
        {
            reference = Build(depth, from, end);
            return true;
        }

        if ((left && depth == _left!.Depth) || (right && depth == _right!.Depth))
        {
            reference = end - from == 1 ? Leaf(_hashes, from) : HashForest.Empty;
            return end - from == 1;
        }

        if (depth == TreeHash.MaxDepth)
        {
            return false;
        }

        int zero;
        int one;
        bool built;
        if (left && _paths[from].Bit(depth) == 1)
        {
            zero = Constant(_left!.Siblings[_usedLeft++]);
            built = TryBuild(depth + 1, from, end, left, right, out one);
        }
        else if (right && _paths[end - 1].Bit(depth) == 0)
        {
            one = Constant(_right!.Siblings[_usedRight++]);
            built = TryBuild(depth + 1, from, end, left, right, out zero);
        }
        else
        {
            int split = Split(depth, from, end);
            built = TryBuild(depth + 1, from, split, left, right: false, out zero) & TryBuild(depth + 1, split, end, left: false, right, out one);
        }

        reference = built ? _hashes.Node(zero, one) : HashForest.Empty;
        return built;
    }

    /// <summary>A subtree of which all leaves are known, reduced to its hash piece by piece.</summary>
    private int Build(int depth, int from, int end)
    {
        if (end - from > LeavesOfPiece)
        {
            int split = Split(depth, from, end);
            return _hashes.Node(Build(depth + 1, from, split), Build(depth + 1, split, end));
        }

        if (end - from <= 1)
        {
            return end == from ? HashForest.Empty : Leaf(_hashes, from);
        }

        int reference = BuildPiece(depth, from, end);
        _piece.Run();
        int hash = _hashes.Constant(_piece.Get(reference));
        _piece.Clear();
        return hash;
    }

    private int BuildPiece(int depth, int from, int end)
    {
        if (end - from <= 1)
        {
            return end == from ? HashForest.Empty : Leaf(_piece, from);
        }

        int split = Split(depth, from, end);
        return _piece.Node(BuildPiece(depth + 1, from, split), BuildPiece(depth + 1, split, end));
    }

    private int Split(int depth, int from, int end)
    {
        while (from < end)
        {
            int middle = from + ((end - from) / 2);
            (from, end) = _paths[middle].Bit(depth) == 1 ? (from, middle) : (middle + 1, end);
        }

        return from;
    }

    private int Leaf(HashForest hashes, int index)
    {
        Span<byte> message = stackalloc byte[2 * Hash256.Size];
        _paths[index].CopyTo(message);
        _valueHashes[index].CopyTo(message[Hash256.Size..]);
        return hashes.Leaf(message);
    }

    private int Constant(Hash256 hash)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        hash.CopyTo(bytes);
        return _hashes.Constant(bytes);
    }
}
