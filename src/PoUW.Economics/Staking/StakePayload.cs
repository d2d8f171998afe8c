using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Economics.Staking;

/// <summary>Payload of <see cref="TransactionKind.Stake"/>: bonds coins and takes roles, in addition to what the account has.</summary>
/// <param name="Roles">The roles to take; at least one.</param>
/// <param name="Amount">Coins to bond; may be zero, for an account that comes back after a ban.</param>
/// <param name="ToleranceClasses">
/// The classes of lane T for which the account enrols, in place of those that it has: at most <see cref="MaxToleranceClasses"/> ids, not zero,
/// ascending, each once. An empty list gives all up; null leaves them as they are. Needs <see cref="Core.Parameters.RuleSet.ToleranceJobs"/>.
/// </param>
public sealed record StakePayload(StakeRoles Roles, Amount Amount, IReadOnlyList<Hash256>? ToleranceClasses = null)
{
    /// <summary>Most classes of lane T for which an account enrols.</summary>
    public const int MaxToleranceClasses = 8;

    /// <summary>The canonical encoding: an RLP list of roles, amount and, unless it is null, the list of classes.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList().Write((ulong)Roles).Write(Amount);
        if (ToleranceClasses is not null)
        {
            EnrolledClasses.Write(writer, ToleranceClasses);
        }

        return writer.EndList().Finish();
    }

    /// <summary>Reads a payload in canonical form.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out StakePayload? payload)
    {
        payload = null;
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        ulong roles = fields.ReadUInt64(byte.MaxValue);
        Amount amount = fields.ReadAmount();
        bool complete = true;
        IReadOnlyList<Hash256>? classes = fields.AtEnd ? null : EnrolledClasses.Read(ref fields, out complete);
        if (!outer.TryFinish() || !fields.TryFinish() || !complete)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "payload", "Not a canonical stake.");
        }

        if (roles is 0 or > (ulong)(StakeRoles.Worker | StakeRoles.Validator))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Roles), $"{roles} names no role, or an unknown one.");
        }

        ValidationResult enrolment = EnrolledClasses.Check(classes ?? []);
        payload = enrolment.IsValid ? new StakePayload((StakeRoles)roles, amount, classes) : null;
        return enrolment;
    }

    /// <inheritdoc/>
    public bool Equals(StakePayload? other) => other is not null && Roles == other.Roles && Amount == other.Amount
        && (ToleranceClasses is null) == (other.ToleranceClasses is null)
        && (ToleranceClasses ?? []).SequenceEqual(other.ToleranceClasses ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => Amount.GetHashCode() ^ (int)Roles;
}
