using PoUW.Core.Primitives;

namespace PoUW.Core.State.Tree;

/// <summary>
/// The hashes of the state tree. A leaf is SHA-256(0x00 || path || SHA-256(value)), so that proofs need not carry values; an internal
/// node is SHA-256(0x01 || left || right); the empty subtree is the zero hash. A leaf sits at the shortest prefix that no other leaf shares
/// (the shape of the Jellyfish Merkle tree, Gao, Hu and Wu 2021), so the root depends on the set of leaves alone.
/// </summary>
internal static class TreeHash
{
    /// <summary>Most bits on the way to a leaf.</summary>
    internal const int MaxDepth = 256;

    /// <summary>Bytes of both preimages.</summary>
    internal const int MessageBytes = 1 + (2 * Hash256.Size);

    internal const byte LeafTag = 0;
    internal const byte NodeTag = 1;

    internal static Hash256 Leaf(Hash256 path, Hash256 valueHash) => Combine(LeafTag, path, valueHash);

    internal static Hash256 Node(Hash256 left, Hash256 right) => Combine(NodeTag, left, right);

    /// <summary>Bit <paramref name="depth"/> of a path, most significant first.</summary>
    internal static bool Bit(ReadOnlySpan<byte> path, int depth) => ((path[depth >> 3] >> (7 - (depth & 7))) & 1) != 0;

    /// <summary>Four bits of a path, most significant first.</summary>
    internal static int Nibble(ReadOnlySpan<byte> path, int depth) => (path[depth >> 1] >> ((depth & 1) == 0 ? 4 : 0)) & 15;

    private static Hash256 Combine(byte tag, Hash256 first, Hash256 second)
    {
        Span<byte> preimage = stackalloc byte[MessageBytes];
        preimage[0] = tag;
        first.CopyTo(preimage[1..]);
        second.CopyTo(preimage[33..]);
        return Hash256.Sha256(preimage);
    }
}
