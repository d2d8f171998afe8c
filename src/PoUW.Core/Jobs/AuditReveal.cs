using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Jobs;

/// <summary>
/// An auditor's verdict on a unit: what the unit's record has to be, found by replaying the unit. An auditor can lie; the majority of the
/// drawn auditors decides, and whoever names another digest loses stake (in lane T, which compares within bounds, only its fee). Its hash with
/// the auditor's address is committed first, so that nobody can copy a verdict.
/// </summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">The lease attempt whose record is judged.</param>
/// <param name="RecordDigest">
/// Digest of the record that an honest worker would have committed under this lease, and of the operands of the operations that won blocks
/// under it, if any did. In lane T: the digest under audit, or <see cref="OutOfBounds"/> of it.
/// </param>
/// <param name="Available">
/// True if the state that the record names could be fetched. Not slashable: it can differ between honest auditors. False says no more than that the state
/// cannot be had, for which a majority convicts the worker; an auditor that can say nothing for another reason stays silent.
/// </param>
/// <param name="Salt">32 random bytes that keep the commitment hidden.</param>
public sealed record AuditReveal(Hash256 JobId, ulong Unit, ulong Attempt, Hash256 RecordDigest, bool Available, Hash256 Salt)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 160;

    /// <summary>
    /// What an auditor of lane T opens in place of the digest under audit if the claimed state is outside the bounds around its own replay:
    /// SHA-256("PoUW/out-of-bounds" || digest). Replays of two auditors differ, so it cannot name what it found.
    /// </summary>
    public static Hash256 OutOfBounds(Hash256 auditDigest) => Hash256.Sha256([.. "PoUW/out-of-bounds"u8, .. auditDigest.ToArray()]);

    /// <summary>What the auditor commits to: SHA-256("PoUW/audit" || auditor || encoding).</summary>
    public Hash256 CommitmentFor(Address auditor) => Hash256.Sha256([.. "PoUW/audit"u8, .. auditor.ToArray(), .. Encode()]);

    /// <summary>The canonical encoding: an RLP list of the fields in order.</summary>
    public byte[] Encode() => new RlpWriter().BeginList()
        .Write(JobId).Write(Unit).Write(Attempt).Write(RecordDigest).Write(Available ? 1UL : 0UL).Write(Salt).EndList().Finish();

    /// <summary>Reads a verdict in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out AuditReveal? reveal)
    {
        reveal = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "auditReveal", $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        AuditReveal read = new(
            fields.ReadHash(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadHash(), fields.ReadUInt64(1) == 1, fields.ReadHash());
        bool valid = outer.TryFinish() && fields.TryFinish();
        reveal = valid ? read : null;
        return valid ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.Malformed, "auditReveal", "Not a canonical verdict.");
    }
}
