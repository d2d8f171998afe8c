using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Staking;

/// <summary>An account's stake in the state.</summary>
/// <param name="Roles">What the stake vouches for.</param>
/// <param name="Bonded">Coins at stake.</param>
/// <param name="Unbonding">Coins on their way back; still at stake.</param>
/// <param name="ReleaseHeight">The first height at which the unbonding coins are free.</param>
/// <param name="BannedUntil">The first height at which a convicted account may take part again; 0 if it never was convicted.</param>
/// <param name="Reputation">0 to <see cref="MaxReputation"/>; decides how often a worker is drawn for leases.</param>
public sealed record StakeAccount(StakeRoles Roles, Amount Bonded, Amount Unbonding, ulong ReleaseHeight, ulong BannedUntil, ulong Reputation)
{
    /// <summary>The best reputation.</summary>
    public const ulong MaxReputation = 10_000;

    /// <summary>Where a new account starts.</summary>
    public const ulong InitialReputation = 5_000;

    /// <summary>An account that never staked.</summary>
    public static StakeAccount None { get; } = new(StakeRoles.None, Amount.Zero, Amount.Zero, 0, 0, InitialReputation);

    /// <summary>The classes of lane T for which the account enrolled, ascending; empty for none.</summary>
    public IReadOnlyList<Hash256> ToleranceClasses { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(StakeAccount? other) => other is not null
        && (Roles, Bonded, Unbonding, ReleaseHeight, BannedUntil, Reputation)
            == (other.Roles, other.Bonded, other.Unbonding, other.ReleaseHeight, other.BannedUntil, other.Reputation)
        && ToleranceClasses.SequenceEqual(other.ToleranceClasses);

    /// <inheritdoc/>
    public override int GetHashCode() => Bonded.GetHashCode() ^ Reputation.GetHashCode();

    /// <summary>The list of classes is there only if it is not empty: accounts without one keep their bytes.</summary>
    internal byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write((ulong)Roles).Write(Bonded).Write(Unbonding).Write(ReleaseHeight).Write(BannedUntil).Write(Reputation);
        if (ToleranceClasses.Count > 0)
        {
            EnrolledClasses.Write(writer, ToleranceClasses);
        }

        return writer.EndList().Finish();
    }

    internal static StakeAccount Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        StakeAccount read = new(
            (StakeRoles)fields.ReadUInt64(byte.MaxValue), fields.ReadAmount(), fields.ReadAmount(), fields.ReadUInt64(), fields.ReadUInt64(),
            fields.ReadUInt64(MaxReputation));
        bool valid = true;
        if (!fields.AtEnd)
        {
            read = read with { ToleranceClasses = EnrolledClasses.Read(ref fields, out bool complete) };
            valid = complete && read.ToleranceClasses.Count > 0 && EnrolledClasses.Check(read.ToleranceClasses).IsValid;
        }

        return valid && outer.TryFinish() && fields.TryFinish() ? read : throw new EconomicsException("A stake in the state cannot be read.");
    }
}
