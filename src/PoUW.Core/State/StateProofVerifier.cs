using System.Security.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;

namespace PoUW.Core.State;

/// <summary>
/// Verifies state proofs against a state root. Needs no store and no node: whoever has a header that they believe in can check what an
/// untrusted server says about the state. The server can only withhold. Stateless, never throws on bad proofs.
/// </summary>
public static class StateProofVerifier
{
    /// <summary>True if <paramref name="proof"/> shows that the tree of <paramref name="root"/> holds <paramref name="value"/> at the path.</summary>
    public static bool VerifyInclusion(Hash256 root, Hash256 path, ReadOnlySpan<byte> value, StateProof proof)
    {
        return proof.LeafPath == path && proof.LeafValueHash == Hash256.Sha256(value) && LeadsToRoot(root, path, proof);
    }

    /// <summary>True if <paramref name="proof"/> shows that the tree of <paramref name="root"/> holds nothing at the path.</summary>
    public static bool VerifyExclusion(Hash256 root, Hash256 path, StateProof proof)
    {
        return proof.LeafPath != path && LeadsToRoot(root, path, proof);
    }

    private static bool LeadsToRoot(Hash256 root, Hash256 path, StateProof proof)
    {
        int depths = proof.Siblings.Count;
        if (depths > TreeHash.MaxDepth)
        {
            return false;
        }

        Span<byte> bits = stackalloc byte[Hash256.Size];
        Span<byte> message = stackalloc byte[TreeHash.MessageBytes];
        Span<byte> hash = stackalloc byte[Hash256.Size];
        path.CopyTo(bits);
        hash.Clear();
        if (proof.LeafPath is { } leaf)
        {
            message[0] = TreeHash.LeafTag;
            leaf.CopyTo(message[1..]);
            if (!SharesPrefix(bits, message.Slice(1, Hash256.Size), depths))
            {
                return false;
            }

            proof.LeafValueHash.CopyTo(message[(1 + Hash256.Size)..]);
            SHA256.HashData(message, hash);
        }

        message[0] = TreeHash.NodeTag;
        for (int depth = depths - 1; depth >= 0; depth--)
        {
            bool right = TreeHash.Bit(bits, depth);
            proof.Siblings[depth].CopyTo(message[(right ? 1 : 1 + Hash256.Size)..]);
            hash.CopyTo(message[(right ? 1 + Hash256.Size : 1)..]);
            SHA256.HashData(message, hash);
        }

        return new Hash256(hash) == root;
    }

    private static bool SharesPrefix(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int bits)
    {
        int bytes = bits / 8;
        return left[..bytes].SequenceEqual(right[..bytes]) && ((bits & 7) == 0 || ((left[bytes] ^ right[bytes]) >> (8 - (bits & 7))) == 0);
    }
}
