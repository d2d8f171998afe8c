using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>
/// A node of the state tree. Stored form: a leaf is 0x00 || path || value, an internal node is 0x01 || left || right; the hash of a leaf
/// covers the hash of its value, so that proofs need not carry values. The empty subtree is the zero hash and is never stored.
/// </summary>
internal readonly record struct StateNode(bool IsLeaf, Hash256 Left, Hash256 Right, Hash256 Path, byte[] Value)
{
    private const byte LeafTag = 0;
    private const byte InternalTag = 1;

    internal static StateNode Leaf(Hash256 path, byte[] value) => new(true, default, default, path, value);

    internal static StateNode Internal(Hash256 left, Hash256 right) => new(false, left, right, default, []);

    internal Hash256 Hash => IsLeaf ? LeafHash(Path, Hash256.Sha256(Value)) : InternalHash(Left, Right);

    internal static Hash256 LeafHash(Hash256 path, Hash256 valueHash) => Combine(LeafTag, path, valueHash);

    internal static Hash256 InternalHash(Hash256 left, Hash256 right) => Combine(InternalTag, left, right);

    internal byte[] Encode() => IsLeaf
        ? [LeafTag, .. Path.ToArray(), .. Value]
        : [InternalTag, .. Left.ToArray(), .. Right.ToArray()];

    internal static StateNode Decode(byte[] stored)
    {
        ReadOnlySpan<byte> bytes = stored;
        if (bytes.Length >= 33 && bytes[0] == LeafTag)
        {
            return Leaf(new Hash256(bytes[1..33]), bytes[33..].ToArray());
        }

        return bytes.Length == 65 && bytes[0] == InternalTag
            ? Internal(new Hash256(bytes[1..33]), new Hash256(bytes[33..]))
            : throw new StateTreeException("A stored state node is damaged.");
    }

    /// <summary>Bit <paramref name="depth"/> of a path, most significant first.</summary>
    internal static bool Bit(ReadOnlySpan<byte> path, int depth) => ((path[depth >> 3] >> (7 - (depth & 7))) & 1) != 0;

    private static Hash256 Combine(byte tag, Hash256 first, Hash256 second)
    {
        Span<byte> preimage = stackalloc byte[1 + (2 * Hash256.Size)];
        preimage[0] = tag;
        first.CopyTo(preimage[1..]);
        second.CopyTo(preimage[33..]);
        return Hash256.Sha256(preimage);
    }
}
