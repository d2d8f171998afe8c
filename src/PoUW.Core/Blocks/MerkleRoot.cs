using System.Buffers;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.Blocks;

/// <summary>
/// Root of a binary Merkle tree over a list of hashes: leaf SHA-256(0x00 || hash), node SHA-256(0x01 || left || right); the last node of
/// an odd level moves up unchanged, so no list can be extended by repeating its end. The empty list has the zero root.
/// </summary>
public static class MerkleRoot
{
    private const byte LeafTag = 0;
    private const byte NodeTag = 1;
    private const int LeafBytes = 1 + Hash256.Size;
    private const int NodeBytes = 1 + (2 * Hash256.Size);

    /// <summary>The root of the leaves in their order.</summary>
    public static Hash256 Of(IReadOnlyList<Hash256> leaves)
    {
        byte[] hashes = ArrayPool<byte>.Shared.Rent(leaves.Count * Hash256.Size);
        for (int i = 0; i < leaves.Count; i++)
        {
            leaves[i].CopyTo(hashes.AsSpan(i * Hash256.Size));
        }

        Hash256 root = Fold(hashes, leaves.Count);
        ArrayPool<byte>.Shared.Return(hashes);
        return root;
    }

    /// <summary>The root of leaves that lie one after the other, 32 bytes each; the buffer is overwritten.</summary>
    internal static Hash256 Fold(Span<byte> hashes, int count)
    {
        if (count == 0)
        {
            return Hash256.Zero;
        }

        HashLeaves(hashes, count);
        while (count > 1)
        {
            count = FoldLevel(hashes, count);
        }

        return new Hash256(hashes[..Hash256.Size]);
    }

    private static void HashLeaves(Span<byte> hashes, int count)
    {
        int slotBytes = Sha256Batch.SlotBytes(LeafBytes);
        Span<byte> slots = stackalloc byte[Sha256Batch.Lanes * slotBytes];
        Prepare(slots, slotBytes, LeafBytes, LeafTag);
        for (int first = 0; first < count; first += Sha256Batch.Lanes)
        {
            int lanes = Math.Min(Sha256Batch.Lanes, count - first);
            Span<byte> group = hashes.Slice(first * Hash256.Size, lanes * Hash256.Size);
            for (int lane = 0; lane < lanes; lane++)
            {
                group.Slice(lane * Hash256.Size, Hash256.Size).CopyTo(slots[((lane * slotBytes) + 1)..]);
            }

            Sha256Batch.Hash(slots, LeafBytes, lanes, group);
        }
    }

    /// <summary>Hashes the pairs of a level into the front of the buffer; what is written lies before what is still to be read.</summary>
    private static int FoldLevel(Span<byte> hashes, int count)
    {
        int slotBytes = Sha256Batch.SlotBytes(NodeBytes);
        Span<byte> slots = stackalloc byte[Sha256Batch.Lanes * slotBytes];
        Prepare(slots, slotBytes, NodeBytes, NodeTag);
        int pairs = count / 2;
        for (int first = 0; first < pairs; first += Sha256Batch.Lanes)
        {
            int lanes = Math.Min(Sha256Batch.Lanes, pairs - first);
            for (int lane = 0; lane < lanes; lane++)
            {
                hashes.Slice((first + lane) * 2 * Hash256.Size, 2 * Hash256.Size).CopyTo(slots[((lane * slotBytes) + 1)..]);
            }

            Sha256Batch.Hash(slots, NodeBytes, lanes, hashes[(first * Hash256.Size)..]);
        }

        if (count % 2 != 0)
        {
            hashes.Slice((count - 1) * Hash256.Size, Hash256.Size).CopyTo(hashes[(pairs * Hash256.Size)..]);
        }

        return (count + 1) / 2;
    }

    private static void Prepare(Span<byte> slots, int slotBytes, int messageBytes, byte tag)
    {
        for (int lane = 0; lane < Sha256Batch.Lanes; lane++)
        {
            Span<byte> slot = slots.Slice(lane * slotBytes, slotBytes);
            slot[0] = tag;
            Sha256Batch.WritePadding(slot, messageBytes);
        }
    }
}
