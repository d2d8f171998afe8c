using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>A page under construction, slot by slot from the first to the last. Not thread-safe; reused.</summary>
internal sealed class PageBuffer
{
    private readonly byte[] _bytes = new byte[Page.MaxBytes];
    private int _length;

    internal int Leaves { get; private set; }

    internal int Children { get; private set; }

    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>All leaves of a page without children, in order.</summary>
    internal ReadOnlySpan<byte> LeafBytes => _bytes.AsSpan(Page.HeaderBytes, Leaves * Page.LeafBytes);

    /// <summary>True if the page is small enough to be a slot of the page above.</summary>
    internal bool FitsInline => Children == 0 && Leaves <= Page.InlineLeaves;

    internal void Begin()
    {
        Page.WriteHeader(_bytes);
        (_length, Leaves, Children) = (Page.HeaderBytes, 0, 0);
    }

    /// <summary>Takes a slot as it is.</summary>
    internal void Copy(int slot, int kind, ReadOnlySpan<byte> content)
    {
        Page.SetKind(_bytes, slot, kind);
        content.CopyTo(_bytes.AsSpan(_length));
        _length += content.Length;
        Leaves += kind == Page.Child ? 0 : kind;
        Children += kind == Page.Child ? 1 : 0;
    }

    /// <summary>Takes some slots of another page as they are, in one piece.</summary>
    /// <param name="page">The other page.</param>
    /// <param name="slot">The first slot.</param>
    /// <param name="end">The slot after the last one.</param>
    /// <param name="offset">Where the first slot begins in the other page.</param>
    /// <returns>Where the slot after the last one begins.</returns>
    internal int CopySlots(ReadOnlySpan<byte> page, int slot, int end, int offset)
    {
        int bytes = 0;
        for (; slot < end; slot++)
        {
            int kind = Page.Kind(page, slot);
            Page.SetKind(_bytes, slot, kind);
            bytes += Page.SlotBytes(kind);
            Leaves += kind == Page.Child ? 0 : kind;
            Children += kind == Page.Child ? 1 : 0;
        }

        page.Slice(offset, bytes).CopyTo(_bytes.AsSpan(_length));
        _length += bytes;
        return offset + bytes;
    }

    /// <summary>A child page that was just built: its hash is known to the hash forest only.</summary>
    internal void AddPendingChild(int slot, int reference)
    {
        Span<byte> child = stackalloc byte[Page.ChildBytes];
        child.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(child, reference);
        BinaryPrimitives.WriteUInt64BigEndian(child[Hash256.Size..], Page.Pending);
        Copy(slot, Page.Child, child);
    }

    /// <summary>Fills a fresh page with leaves of one prefix, in order.</summary>
    internal void Fill(ReadOnlySpan<byte> leaves, int depth)
    {
        Begin();
        while (!leaves.IsEmpty)
        {
            int slot = TreeHash.Nibble(leaves, depth);
            int count = 1;
            while (count * Page.LeafBytes < leaves.Length && TreeHash.Nibble(leaves[(count * Page.LeafBytes)..], depth) == slot)
            {
                count++;
            }

            Copy(slot, count, leaves[..(count * Page.LeafBytes)]);
            leaves = leaves[(count * Page.LeafBytes)..];
        }
    }

    /// <summary>Takes a page that was read.</summary>
    internal Span<byte> Room() => _bytes;

    /// <summary>Sets the length of what was written into <see cref="Room"/>.</summary>
    internal void SetLength(int length) => _length = length;
}
