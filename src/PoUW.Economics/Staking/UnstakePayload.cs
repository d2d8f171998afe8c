using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Staking;

/// <summary>Payload of <see cref="Core.Ledger.TransactionKind.Unstake"/>.</summary>
/// <param name="Amount">Coins to take back; more than zero.</param>
public sealed record UnstakePayload(Amount Amount)
{
    /// <summary>The canonical encoding: an RLP list of the amount.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(Amount).EndList().Finish();

    /// <summary>Reads a payload in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out UnstakePayload? payload)
    {
        payload = null;
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        Amount amount = fields.ReadAmount();
        if (!outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "payload", "Not a canonical withdrawal of stake.");
        }

        if (amount == Amount.Zero)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Amount), "Nothing to take back.");
        }

        payload = new UnstakePayload(amount);
        return ValidationResult.Ok;
    }
}
