using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Staking;

/// <summary>Payload of <see cref="TransactionKind.Stake"/>: bonds coins and takes roles, in addition to what the account has.</summary>
/// <param name="Roles">The roles to take; at least one.</param>
/// <param name="Amount">Coins to bond; may be zero, for an account that comes back after a ban.</param>
public sealed record StakePayload(StakeRoles Roles, Amount Amount)
{
    /// <summary>The canonical encoding: an RLP list of roles and amount.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write((ulong)Roles).Write(Amount).EndList().Finish();

    /// <summary>Reads a payload in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out StakePayload? payload)
    {
        payload = null;
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        ulong roles = fields.ReadUInt64(byte.MaxValue);
        Amount amount = fields.ReadAmount();
        if (!outer.TryFinish() || !fields.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "payload", "Not a canonical stake.");
        }

        if (roles is 0 or > (ulong)(StakeRoles.Worker | StakeRoles.Validator))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Roles), $"{roles} names no role, or an unknown one.");
        }

        payload = new StakePayload((StakeRoles)roles, amount);
        return ValidationResult.Ok;
    }
}
