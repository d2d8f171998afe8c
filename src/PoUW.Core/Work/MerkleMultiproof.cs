using PoUW.Core.Hashing;
using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// Openings of several leaves of a <see cref="MatrixCommitment"/> tree with shared siblings. Siblings are listed level by level from the
/// leaves up, by ascending index; a sibling that can be computed from opened leaves is never listed, so there is one encoding only.
/// </summary>
public static class MerkleMultiproof
{
    /// <summary>Largest number of leaves in one proof.</summary>
    public const int MaxLeaves = TileWorkParameters.SegmentLength / TileWorkParameters.TileSize;

    private const int NodeMessage = 1 + (2 * Hash256.Size);
    private const int NodeSlot = 128;

    /// <summary>Number of siblings of a proof.</summary>
    /// <param name="leaves">Distinct leaf indices, ascending.</param>
    /// <param name="paddedLeaves">Leaves of the tree, a power of two.</param>
    public static int SiblingCount(ReadOnlySpan<int> leaves, int paddedLeaves)
    {
        Span<int> level = stackalloc int[MaxLeaves];
        leaves.CopyTo(level);
        int count = leaves.Length;
        int siblings = 0;
        for (int width = paddedLeaves; width > 1; width /= 2)
        {
            int parents = 0;
            for (int i = 0; i < count; parents++)
            {
                bool paired = IsPair(level[..count], i);
                siblings += paired ? 0 : 1;
                level[parents] = level[i] / 2;
                i += paired ? 2 : 1;
            }

            count = parents;
        }

        return siblings;
    }

    /// <summary>Writes the siblings of <paramref name="leaves"/>; the destination holds <see cref="SiblingCount"/> hashes.</summary>
    /// <param name="tree">The tree in the layout of <see cref="MatrixCommitment.Tree"/>.</param>
    /// <param name="leaves">Distinct leaf indices, ascending.</param>
    /// <param name="destination">Receives the siblings.</param>
    public static void Write(ReadOnlySpan<byte> tree, ReadOnlySpan<int> leaves, Span<byte> destination)
    {
        Span<int> level = stackalloc int[MaxLeaves];
        leaves.CopyTo(level);
        int count = leaves.Length;
        for (int width = tree.Length / Hash256.Size / 2; width > 1; width /= 2)
        {
            int parents = 0;
            for (int i = 0; i < count; parents++)
            {
                bool paired = IsPair(level[..count], i);
                if (!paired)
                {
                    tree.Slice((width + (level[i] ^ 1)) * Hash256.Size, Hash256.Size).CopyTo(destination);
                    destination = destination[Hash256.Size..];
                }

                level[parents] = level[i] / 2;
                i += paired ? 2 : 1;
            }

            count = parents;
        }
    }

    /// <summary>Computes the root that the opened leaves and siblings give.</summary>
    /// <param name="leaves">Distinct leaf indices, ascending.</param>
    /// <param name="hashes">The leaf hashes in the same order; overwritten.</param>
    /// <param name="siblings">Exactly <see cref="SiblingCount"/> hashes.</param>
    /// <param name="paddedLeaves">Leaves of the tree, a power of two.</param>
    public static Hash256 ComputeRoot(ReadOnlySpan<int> leaves, Span<byte> hashes, ReadOnlySpan<byte> siblings, int paddedLeaves) =>
        ComputeRoot(leaves, hashes, siblings, paddedLeaves, scalar: false);

    /// <summary>The same, one hash after the other where <paramref name="scalar"/> is set.</summary>
    internal static Hash256 ComputeRoot(
        ReadOnlySpan<int> leaves, Span<byte> hashes, ReadOnlySpan<byte> siblings, int paddedLeaves, bool scalar)
    {
        Span<int> level = stackalloc int[MaxLeaves];
        Span<byte> slots = stackalloc byte[Sha256Batch.Lanes * NodeSlot];
        MatrixCommitment.PrepareSlots(slots, NodeMessage, 1);
        leaves.CopyTo(level);
        int count = leaves.Length;
        for (int width = paddedLeaves; width > 1; width /= 2)
        {
            int parents = 0;
            int waiting = 0;
            for (int i = 0; i < count;)
            {
                bool paired = IsPair(level[..count], i);
                bool right = (level[i] & 1) == 1;
                Span<byte> children = slots.Slice((waiting * NodeSlot) + 1, 2 * Hash256.Size);
                hashes.Slice(i * Hash256.Size, Hash256.Size).CopyTo(children[(right ? Hash256.Size : 0)..]);
                ReadOnlySpan<byte> other = paired ? hashes.Slice((i + 1) * Hash256.Size, Hash256.Size) : siblings[..Hash256.Size];
                other.CopyTo(children[(right ? 0 : Hash256.Size)..]);
                siblings = paired ? siblings : siblings[Hash256.Size..];
                level[parents++] = level[i] / 2;
                i += paired ? 2 : 1;
                waiting++;
                if (waiting == Sha256Batch.Lanes || i >= count)
                {
                    // Parents lie before the children that are still to be read.
                    MatrixCommitment.HashSlots(slots, NodeMessage, waiting, hashes[((parents - waiting) * Hash256.Size)..], scalar);
                    waiting = 0;
                }
            }

            count = parents;
        }

        return new Hash256(hashes[..Hash256.Size]);
    }

    private static bool IsPair(ReadOnlySpan<int> level, int i) =>
        (level[i] & 1) == 0 && i + 1 < level.Length && level[i + 1] == level[i] + 1;
}
