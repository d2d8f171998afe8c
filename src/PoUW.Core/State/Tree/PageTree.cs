using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The binary tree inside a page, over the page's leaves and children in order. Children that are not hashed yet have their reference
/// instead of their hash. Not thread-safe; reused.
/// </summary>
internal sealed class PageTree(HashForest hashes)
{
    private readonly int[] _offsets = new int[Page.MaxEntries];
    private readonly bool[] _isChild = new bool[Page.MaxEntries];
    private readonly byte[] _slots = new byte[Page.MaxEntries];
    private byte[] _bytes = [];
    private int _start;
    private int _depth;

    /// <summary>How many leaves and children there are.</summary>
    internal int Count { get; private set; }

    /// <summary>Takes a page.</summary>
    /// <param name="bytes">Where the page is; must not change before the tree is used.</param>
    /// <param name="start">Where it begins; it is well-formed.</param>
    /// <param name="depth">Its depth in nibbles.</param>
    internal void Load(byte[] bytes, int start, int depth)
    {
        (_bytes, _start, _depth, Count) = (bytes, start, depth, 0);
        ReadOnlySpan<byte> page = bytes.AsSpan(start, Page.HeaderBytes);
        int offset = Page.HeaderBytes;
        for (int slot = 0; slot < Page.Slots; slot++)
        {
            int kind = Page.Kind(page, slot);
            int entries = kind == Page.Child ? 1 : kind;
            for (int i = 0; i < entries; i++)
            {
                _offsets[Count] = offset;
                _isChild[Count] = kind == Page.Child;
                _slots[Count++] = (byte)slot;
                offset += kind == Page.Child ? Page.ChildBytes : Page.LeafBytes;
            }
        }
    }

    internal bool IsChild(int entry) => _isChild[entry];

    internal int Slot(int entry) => _slots[entry];

    /// <summary>Where the entry begins in the page.</summary>
    internal int Offset(int entry) => _offsets[entry];

    /// <summary>The bytes of a leaf or child.</summary>
    internal ReadOnlySpan<byte> Entry(int entry) => _bytes.AsSpan(_start + _offsets[entry], _isChild[entry] ? Page.ChildBytes : Page.LeafBytes);

    /// <summary>The first entry of a range whose bit at a depth is one.</summary>
    internal int Split(int from, int end, int depth)
    {
        while (from < end && !Bit(from, depth))
        {
            from++;
        }

        return from;
    }

    /// <summary>The reference of the subtree over a range of entries, at a depth in bits.</summary>
    internal int Build(int from, int end, int depth)
    {
        if (from == end)
        {
            return HashForest.Empty;
        }

        if (end - from == 1)
        {
            if (!_isChild[from])
            {
                return hashes.Constant(Page.LeafHash(Entry(from)));
            }

            if (depth == (_depth + 1) * 4)
            {
                return ChildReference(from);
            }
        }

        int split = Split(from, end, depth);
        return hashes.Node(Build(from, split, depth + 1), Build(split, end, depth + 1));
    }

    private int ChildReference(int entry)
    {
        ReadOnlySpan<byte> child = Entry(entry);
        return Page.ChildNumber(child) == Page.Pending
            ? System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(child)
            : hashes.Constant(child[..Hash256.Size]);
    }

    /// <summary>All entries of a page share its prefix; those of one slot that are leaves differ below.</summary>
    private bool Bit(int entry, int depth)
    {
        int below = depth - (_depth * 4);
        return below < 4 ? ((_slots[entry] >> (3 - below)) & 1) != 0 : TreeHash.Bit(_bytes.AsSpan(_start + _offsets[entry]), depth);
    }
}
