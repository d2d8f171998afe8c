using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;
using PoUW.Core.Validation;

namespace PoUW.Core.State;

/// <summary>
/// What a path of the state tree ends in: the leaf that sits there (the path's own leaf, or another one that shares its prefix), or
/// nothing. Together with the siblings on the way it proves presence or absence under a state root; see <see cref="StateProofVerifier"/>.
/// </summary>
/// <param name="Siblings">Hashes of the sibling subtrees, from the root down.</param>
/// <param name="LeafPath">The path of the leaf that was found, or null for an empty subtree.</param>
/// <param name="LeafValueHash">SHA-256 of that leaf's value; zero for an empty subtree.</param>
public sealed record StateProof(IReadOnlyList<Hash256> Siblings, Hash256? LeafPath, Hash256 LeafValueHash)
{
    /// <summary>Largest encoded proof in bytes.</summary>
    public const int MaxEncodedBytes = (TreeHash.MaxDepth * 33) + 80;

    /// <summary>The canonical encoding: RLP list (siblings, leaf path or empty, leaf value hash).</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().BeginList();
        foreach (Hash256 sibling in Siblings)
        {
            writer.Write(sibling);
        }

        writer.EndList();
        writer = LeafPath is { } path ? writer.Write(path) : writer.Write([]);
        return writer.Write(LeafValueHash).EndList().Finish();
    }

    /// <summary>Reads a proof; checks form and limits only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out StateProof? proof)
    {
        proof = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(StateProof), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        RlpReader list = items.ReadList();
        List<Hash256> siblings = [];
        while (!list.AtEnd && siblings.Count < TreeHash.MaxDepth)
        {
            siblings.Add(list.ReadHash());
        }

        ReadOnlySpan<byte> path = items.ReadBytes(Hash256.Size);
        Hash256 valueHash = items.ReadHash();
        bool pathFits = path.Length is 0 or Hash256.Size && (path.Length != 0 || valueHash.IsZero);
        if (!pathFits || !list.TryFinish() || !items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(StateProof), "Not the canonical encoding of a state proof.");
        }

        proof = new StateProof(siblings, path.IsEmpty ? null : new Hash256(path), valueHash);
        return ValidationResult.Ok;
    }
}
