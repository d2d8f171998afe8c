using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Jobs;

/// <summary>
/// What a worker commits on chain for a unit: which lease it fulfils, the state it started from, the state it reached, and where that
/// state can be fetched. The worker can lie about every field that the lease does not fix; since training is exact, anyone who
/// replays the unit finds out.
/// </summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit's number in the job.</param>
/// <param name="Attempt">Which lease of the unit this is; 0 is the first.</param>
/// <param name="InputsDigest">Digest of the end roots of the previous round, as the ledger computes it; zero in round 0.</param>
/// <param name="StartRoot">Root of the state before the unit's first step.</param>
/// <param name="EndRoot">Root of the state after its last step.</param>
/// <param name="StateBlob">Address of the blob that holds the end state.</param>
/// <param name="LossSum">Sum of the samples' losses over the unit's steps, in bits, Q15.</param>
/// <param name="Correct">Correctly classified samples over the unit's steps, before each update.</param>
/// <param name="Samples">Samples seen.</param>
public sealed record UnitRecord(
    Hash256 JobId, ulong Unit, ulong Attempt, Hash256 InputsDigest, Hash256 StartRoot, Hash256 EndRoot, Hash256 StateBlob,
    ulong LossSum, ulong Correct, ulong Samples)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 256;

    /// <summary>SHA-256 of the encoding: what auditors agree on. Every field is a function of the lease and the manifest.</summary>
    public Hash256 Digest => Hash256.Sha256(Encode());

    /// <summary>Most that a unit may claim for each of its sums: those of a whole round then still add up in 64 bits.</summary>
    public const ulong MaxSum = ulong.MaxValue / JobManifest.MaxUnitsPerRound;

    /// <summary>The canonical encoding: an RLP list of the fields in order.</summary>
    public byte[] Encode() => new RlpWriter().BeginList()
        .Write(JobId).Write(Unit).Write(Attempt).Write(InputsDigest).Write(StartRoot).Write(EndRoot).Write(StateBlob)
        .Write(LossSum).Write(Correct).Write(Samples).EndList().Finish();

    /// <summary>Reads a record in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out UnitRecord? record)
    {
        record = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "unitRecord", $"{encoded.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        UnitRecord read = new(
            fields.ReadHash(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadHash(), fields.ReadHash(), fields.ReadHash(),
            fields.ReadHash(), fields.ReadUInt64(MaxSum), fields.ReadUInt64(MaxSum), fields.ReadUInt64(MaxSum));
        if (!outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "unitRecord", "Not a canonical unit record.");
        }

        record = read;
        return ValidationResult.Ok;
    }
}
