using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Jobs;

/// <summary>Payload of <see cref="Core.Ledger.TransactionKind.CloseJob"/>.</summary>
/// <param name="JobId">The job to end after its current round.</param>
public sealed record CloseJobPayload(Hash256 JobId)
{
    /// <summary>The canonical encoding: an RLP list of the job id.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(JobId).EndList().Finish();

    /// <summary>Reads a payload in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out CloseJobPayload? payload)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        CloseJobPayload read = new(fields.ReadHash());
        bool valid = outer.TryFinish() && fields.TryFinish();
        payload = valid ? read : null;
        return valid ? ValidationResult.Ok : ValidationResult.Fail(ValidationCode.Malformed, "payload", "Not a canonical job closing.");
    }
}
