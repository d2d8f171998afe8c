using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// The tree of one live tensor. Built at the first root; afterwards a root costs the marked leaves and the paths above them. Whoever writes
/// into the tensor must mark what was written before the next root. Not thread-safe.
/// </summary>
internal sealed class TensorTree(string name, Tensor tensor)
{
    private readonly LeafLayout _layout = new(tensor);
    private HashTree? _tree;
    private LeafSet? _dirty;
    private Hash256 _root;

    /// <summary>Everything may have changed.</summary>
    public void MarkAll() => _dirty?.AddAll();

    /// <summary>These bytes may have changed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They lie outside the tensor.</exception>
    public void Mark(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _layout.ByteLength - offset);
        if (length > 0 && _dirty is not null)
        {
            _layout.AddLeaves(_dirty, offset, length);
        }
    }

    /// <summary>The tensor root, see <see cref="StateCommitment"/>.</summary>
    public Hash256 Root()
    {
        if (_tree is null || _dirty is null)
        {
            _tree = new HashTree(_layout.TreeWidth);
            _dirty = new LeafSet(_layout.Count);
            _dirty.AddAll();
        }

        if (!_dirty.IsEmpty)
        {
            Rehash(_tree, _dirty.ToArray());
            _root = StateCommitment.TensorRoot(name, tensor.Type, tensor.Rows, tensor.Columns, _tree.Root);
            _dirty.Clear();
        }

        return _root;
    }

    /// <summary>Content and path of a leaf as of the last <see cref="Root"/>; nothing may have been written since.</summary>
    public (byte[] Content, Hash256[] Path) Open(int leaf)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)leaf, (uint)_layout.Count, nameof(leaf));
        byte[] content = new byte[_layout.LengthOf(leaf)];
        _layout.Read(tensor.Bytes, leaf, content);
        return (content, _tree!.Path(leaf));
    }

    private void Rehash(HashTree tree, int[] leaves)
    {
        Span<byte> content = stackalloc byte[StateCommitment.LeafBytes];
        ReadOnlySpan<byte> data = tensor.Bytes;
        foreach (int leaf in leaves)
        {
            _layout.Read(data, leaf, content);
            HashTree.HashLeaf(content[.._layout.LengthOf(leaf)], tree.Leaf(leaf));
        }

        if (leaves.Length == _layout.Count)
        {
            tree.UpdateAll(); // The zero leaves of a matrix have nodes above them, too.
        }
        else
        {
            tree.Update(leaves);
        }
    }
}
