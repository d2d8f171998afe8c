using PoUW.Core.Primitives;

namespace PoUW.Core.Blocks;

/// <summary>
/// Root of a binary Merkle tree over a list of hashes: leaf SHA-256(0x00 || hash), node SHA-256(0x01 || left || right); the last node of
/// an odd level moves up unchanged, so no list can be extended by repeating its end. The empty list has the zero root.
/// </summary>
public static class MerkleRoot
{
    /// <summary>The root of the leaves in their order.</summary>
    public static Hash256 Of(IReadOnlyList<Hash256> leaves)
    {
        if (leaves.Count == 0)
        {
            return Hash256.Zero;
        }

        Hash256[] level = new Hash256[leaves.Count];
        for (int i = 0; i < level.Length; i++)
        {
            level[i] = Hash256.Sha256([0, .. leaves[i].ToArray()]);
        }

        int count = level.Length;
        while (count > 1)
        {
            count = Fold(level, count);
        }

        return level[0];
    }

    private static int Fold(Hash256[] level, int count)
    {
        Span<byte> preimage = stackalloc byte[1 + (2 * Hash256.Size)];
        preimage[0] = 1;
        for (int i = 0; i + 1 < count; i += 2)
        {
            level[i].CopyTo(preimage[1..]);
            level[i + 1].CopyTo(preimage[33..]);
            level[i / 2] = Hash256.Sha256(preimage);
        }

        if (count % 2 != 0)
        {
            level[count / 2] = level[count - 1];
        }

        return (count + 1) / 2;
    }
}
