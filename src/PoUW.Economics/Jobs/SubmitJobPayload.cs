using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Jobs;

/// <summary>Payload of <see cref="Core.Ledger.TransactionKind.SubmitJob"/>: the manifest and what the client puts into escrow.</summary>
/// <param name="Manifest">The job.</param>
/// <param name="Escrow">At least the price of all units; what is left at the end goes back.</param>
public sealed record SubmitJobPayload(JobManifest Manifest, Amount Escrow)
{
    /// <summary>The canonical encoding: an RLP list of the encoded manifest and the escrow.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(Manifest.Encode()).Write(Escrow).EndList().Finish();

    /// <summary>Reads a payload, checks the manifest's limits and that the escrow covers every unit.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out SubmitJobPayload? payload)
    {
        payload = null;
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        ReadOnlySpan<byte> manifestBytes = fields.ReadBytes(JobManifest.MaxEncodedBytes);
        Amount escrow = fields.ReadAmount();
        if (!outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "payload", "Not a canonical job submission.");
        }

        ValidationResult result = JobManifest.TryDecode(manifestBytes, out JobManifest? manifest);
        if (!result.IsValid)
        {
            return result;
        }

        if (escrow < manifest!.TotalPrice)
        {
            return ValidationResult.Fail(
                ValidationCode.EscrowTooSmall, nameof(Escrow), $"{escrow} coins; {manifest.UnitCount} units cost {manifest.TotalPrice}.");
        }

        payload = new SubmitJobPayload(manifest, escrow);
        return ValidationResult.Ok;
    }
}
