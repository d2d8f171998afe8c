using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>Makes proofs. Not thread-safe; reused.</summary>
internal sealed class StateProver
{
    private readonly byte[] _page = new byte[Page.MaxBytes];
    private readonly HashForest _hashes = new();
    private readonly PageTree _tree;
    private readonly List<int> _siblings = [];

    internal StateProver() => _tree = new PageTree(_hashes);

    internal StateProof Prove(PageStore pages, ValueStore values, Version version, Hash256 path)
    {
        _hashes.Clear();
        _siblings.Clear();
        Span<byte> bits = stackalloc byte[Hash256.Size];
        path.CopyTo(bits);
        int leaf = -1;
        ulong number = version.Page;
        for (int depth = 0; number != 0; depth++)
        {
            pages.Load(depth, path, number, _page);
            _tree.Load(_page, 0, depth);
            number = Descend(bits, depth, out leaf);
        }

        _hashes.Run();
        Hash256[] siblings = new Hash256[_siblings.Count];
        for (int i = 0; i < siblings.Length; i++)
        {
            siblings[i] = new Hash256(_hashes.Get(_siblings[i]));
        }

        if (leaf < 0)
        {
            return new StateProof(siblings, null, Hash256.Zero);
        }

        return new StateProof(siblings, Page.LeafPath(_tree.Entry(leaf)), values.HashOf(version, _tree.Entry(leaf)));
    }

    /// <summary>Follows a path through the loaded page. Returns the number of the child page that it ends in, or 0 and the leaf, if any.</summary>
    private ulong Descend(ReadOnlySpan<byte> path, int depth, out int leaf)
    {
        leaf = -1;
        int bit = depth * 4;
        (int from, int end) = (0, _tree.Count);
        while (end - from > 1 || (end - from == 1 && _tree.IsChild(from)))
        {
            if (end - from == 1 && bit == (depth + 1) * 4)
            {
                return Page.ChildNumber(_tree.Entry(from));
            }

            int split = _tree.Split(from, end, bit);
            bool right = TreeHash.Bit(path, bit++);
            _siblings.Add(right ? _tree.Build(from, split, bit) : _tree.Build(split, end, bit));
            (from, end) = right ? (split, end) : (from, split);
        }

        leaf = end > from ? from : -1;
        return 0;
    }
}
