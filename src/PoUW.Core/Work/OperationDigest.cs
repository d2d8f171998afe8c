using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>Commits to the operands of one ticketed operation; what a ticket claims and what a replay finds are compared by it.</summary>
public static class OperationDigest
{
    /// <summary>H("TW1/operands" || tagA || tagB).</summary>
    public static Hash256 Of(Hash256 tagA, Hash256 tagB)
    {
        Span<byte> preimage = stackalloc byte[12 + (2 * Hash256.Size)];
        "TW1/operands"u8.CopyTo(preimage);
        tagA.CopyTo(preimage[12..]);
        tagB.CopyTo(preimage[44..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>The digest of the operands that the public data of a certificate names.</summary>
    public static Hash256 Of(WorkPublicData data) => Of(
        MatrixCommitment.TagOf(data.Shape.StoredRowsA, data.Shape.StoredColumnsA, data.RootA),
        MatrixCommitment.TagOf(data.Shape.StoredRowsB, data.Shape.StoredColumnsB, data.RootB));
}
