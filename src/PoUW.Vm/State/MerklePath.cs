using PoUW.Core.Primitives;

namespace PoUW.Vm.State;

/// <summary>
/// The siblings on the way from a leaf to the root of a tree of <see cref="HashTree"/>, from the leaf up. A level on which the node has no
/// sibling contributes nothing, so index and width say how many there are and on which side each stands.
/// </summary>
internal static class MerklePath
{
    /// <summary>No tree of this package is deeper: tensors have fewer than 2^31 bytes.</summary>
    public const int MaxLength = 31;

    /// <summary>Number of siblings.</summary>
    public static int Length(int index, int width)
    {
        int length = 0;
        for (; width > 1; width = (int)(((long)width + 1) / 2), index /= 2)
        {
            length += (index ^ 1) < width ? 1 : 0;
        }

        return length;
    }

    /// <summary>The root to which a leaf and its siblings lead.</summary>
    /// <param name="leaf">Hash of the leaf.</param>
    /// <param name="index">Its index, below the width.</param>
    /// <param name="width">Leaves of the tree.</param>
    /// <param name="path">Exactly <see cref="Length"/> hashes.</param>
    public static Hash256 Root(Hash256 leaf, int index, int width, IReadOnlyList<Hash256> path)
    {
        Span<byte> node = stackalloc byte[Hash256.Size];
        Span<byte> children = stackalloc byte[2 * Hash256.Size];
        leaf.CopyTo(node);
        int next = 0;
        for (; width > 1; width = (int)(((long)width + 1) / 2), index /= 2)
        {
            if ((index ^ 1) >= width)
            {
                continue;
            }

            bool right = (index & 1) == 1;
            node.CopyTo(children[(right ? Hash256.Size : 0)..]);
            path[next++].CopyTo(children[(right ? 0 : Hash256.Size)..]);
            HashTree.HashNode(children, node);
        }

        return new Hash256(node);
    }
}
