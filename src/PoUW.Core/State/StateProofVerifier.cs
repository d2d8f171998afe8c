using PoUW.Core.Primitives;

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
        if (proof.Siblings.Count > StateTree.MaxDepth)
        {
            return false;
        }

        byte[] bits = path.ToArray();
        if (proof.LeafPath is { } leafPath && !SharesPrefix(bits, leafPath.ToArray(), proof.Siblings.Count))
        {
            return false;
        }

        Hash256 hash = proof.LeafPath is { } leaf ? StateNode.LeafHash(leaf, proof.LeafValueHash) : Hash256.Zero;
        for (int depth = proof.Siblings.Count - 1; depth >= 0; depth--)
        {
            Hash256 sibling = proof.Siblings[depth];
            hash = StateNode.Bit(bits, depth) ? StateNode.InternalHash(sibling, hash) : StateNode.InternalHash(hash, sibling);
        }

        return hash == root;
    }

    private static bool SharesPrefix(byte[] left, byte[] right, int bits)
    {
        for (int depth = 0; depth < bits; depth++)
        {
            if (StateNode.Bit(left, depth) != StateNode.Bit(right, depth))
            {
                return false;
            }
        }

        return true;
    }
}
