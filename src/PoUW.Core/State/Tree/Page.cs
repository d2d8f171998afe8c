using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The form of a page: a part of the tree below a prefix of whole nibbles, with one slot for each next nibble. A slot with at most
/// <see cref="InlineLeaves"/> leaves holds them itself, one with more is a page of its own, so the pages are a function of the set of leaves.
/// Bytes: format || 16 nibbles, each the number of leaves of a slot or <see cref="Child"/> || the slots in order. A leaf is
/// path || hash of the leaf || number of the commit that wrote the value; a child is its hash || number of the commit that wrote the page.
/// </summary>
internal static class Page
{
    /// <summary>Most leaves that a slot holds itself.</summary>
    internal const int InlineLeaves = 2;

    /// <summary>The kind of a slot that is a page of its own.</summary>
    internal const int Child = 15;

    internal const int Slots = 16;
    internal const int HeaderBytes = 1 + (Slots / 2);
    internal const int LeafBytes = (2 * Hash256.Size) + 8;
    internal const int ChildBytes = Hash256.Size + 8;
    internal const int MaxEntries = Slots * InlineLeaves;
    internal const int MaxBytes = HeaderBytes + (MaxEntries * LeafBytes);

    /// <summary>Stands for the number of the commit while there is none yet.</summary>
    internal const ulong Pending = ulong.MaxValue;

    private const byte Format = 2;

    /// <summary>Leaves of a slot, or <see cref="Child"/>.</summary>
    internal static int Kind(ReadOnlySpan<byte> page, int slot) => (page[1 + (slot >> 1)] >> ((slot & 1) == 0 ? 4 : 0)) & 15;

    internal static int SlotBytes(int kind) => kind == Child ? ChildBytes : kind * LeafBytes;

    internal static void WriteHeader(Span<byte> page)
    {
        page[..HeaderBytes].Clear();
        page[0] = Format;
    }

    internal static void SetKind(Span<byte> page, int slot, int kind) => page[1 + (slot >> 1)] |= (byte)(kind << ((slot & 1) == 0 ? 4 : 0));

    /// <summary>The leaves or the child of a slot.</summary>
    internal static ReadOnlySpan<byte> Slot(ReadOnlySpan<byte> page, int slot, out int kind)
    {
        int offset = HeaderBytes;
        for (int before = 0; before < slot; before++)
        {
            offset += SlotBytes(Kind(page, before));
        }

        kind = Kind(page, slot);
        return page.Slice(offset, SlotBytes(kind));
    }

    /// <summary>Copies the leaf of a path, if it is among these.</summary>
    internal static bool FindLeaf(ReadOnlySpan<byte> leaves, Hash256 path, Span<byte> leaf)
    {
        for (; !leaves.IsEmpty; leaves = leaves[LeafBytes..])
        {
            if (LeafPath(leaves) == path)
            {
                leaves[..LeafBytes].CopyTo(leaf);
                return true;
            }
        }

        return false;
    }

    /// <summary>The place of a slot: the prefix and one more nibble.</summary>
    internal static Hash256 ChildPrefix(Hash256 prefix, int depth, int slot)
    {
        Span<byte> path = stackalloc byte[Hash256.Size];
        prefix.CopyTo(path);
        path[depth >> 1] |= (byte)(slot << ((depth & 1) == 0 ? 4 : 0));
        return new Hash256(path);
    }

    internal static Hash256 LeafPath(ReadOnlySpan<byte> leaf) => new(leaf[..Hash256.Size]);

    internal static ReadOnlySpan<byte> LeafHash(ReadOnlySpan<byte> leaf) => leaf.Slice(Hash256.Size, Hash256.Size);

    internal static ulong LeafNumber(ReadOnlySpan<byte> leaf) => BinaryPrimitives.ReadUInt64BigEndian(leaf[(2 * Hash256.Size)..]);

    internal static ulong ChildNumber(ReadOnlySpan<byte> child) => BinaryPrimitives.ReadUInt64BigEndian(child[Hash256.Size..]);

    /// <summary>True if the bytes are a page for this place: sizes fit, leaves are in order, under the prefix and in their slots.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<byte> page, int depth, Hash256 prefix)
    {
        if (page.Length < HeaderBytes || page[0] != Format)
        {
            return false;
        }

        Span<byte> place = stackalloc byte[Hash256.Size];
        prefix.CopyTo(place);
        Hash256? before = null;
        int offset = HeaderBytes;
        for (int slot = 0; slot < Slots; slot++)
        {
            int kind = Kind(page, slot);
            if (kind is > InlineLeaves and not Child || page.Length - offset < SlotBytes(kind))
            {
                return false;
            }

            for (int i = 0; kind != Child && i < kind; i++)
            {
                ReadOnlySpan<byte> path = page.Slice(offset + (i * LeafBytes), Hash256.Size);
                Hash256 read = new(path);
                if (!HasPrefix(path, place, depth) || TreeHash.Nibble(path, depth) != slot || (before is { } last && read <= last))
                {
                    return false;
                }

                before = read;
            }

            offset += SlotBytes(kind);
        }

        return offset == page.Length && offset > HeaderBytes;
    }

    private static bool HasPrefix(ReadOnlySpan<byte> path, ReadOnlySpan<byte> prefix, int nibbles)
    {
        int bytes = nibbles / 2;
        return path[..bytes].SequenceEqual(prefix[..bytes])
            && ((nibbles & 1) == 0 || TreeHash.Nibble(path, nibbles - 1) == TreeHash.Nibble(prefix, nibbles - 1));
    }
}
