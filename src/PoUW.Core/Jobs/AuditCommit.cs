using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Jobs;

/// <summary>An auditor's commitment to a verdict that it will open later.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">The lease attempt whose record is judged.</param>
/// <param name="ClaimedDigest">
/// Digest of what is judged, as the worker claims it: the record, joined with the blocks that the unit's operations won if there are any. After
/// a reorganisation that gave the unit another record or other wins nobody can use the commitment against its auditor.
/// </param>
/// <param name="Commitment"><see cref="AuditReveal.CommitmentFor"/> of the verdict.</param>
public sealed record AuditCommit(Hash256 JobId, ulong Unit, ulong Attempt, Hash256 ClaimedDigest, Hash256 Commitment)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 160;

    /// <summary>The canonical encoding: an RLP list of the fields in order.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(JobId).Write(Unit).Write(Attempt).Write(ClaimedDigest).Write(Commitment).EndList().Finish();

    /// <summary>Reads a commitment in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out AuditCommit? commit)
    {
        commit = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "auditCommit", $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        AuditCommit read = new(fields.ReadHash(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadHash(), fields.ReadHash());
        bool valid = outer.TryFinish() && fields.TryFinish();
        commit = valid ? read : null;
        return valid ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.Malformed, "auditCommit", "Not a canonical commitment.");
    }
}
