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

    internal byte[] Encode() => new RlpWriter().BeginList()
        .Write((ulong)Roles).Write(Bonded).Write(Unbonding).Write(ReleaseHeight).Write(BannedUntil).Write(Reputation).EndList().Finish();

    internal static StakeAccount Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        StakeAccount read = new(
            (StakeRoles)fields.ReadUInt64(byte.MaxValue), fields.ReadAmount(), fields.ReadAmount(), fields.ReadUInt64(), fields.ReadUInt64(),
            fields.ReadUInt64(MaxReputation));
        return outer.TryFinish() && fields.TryFinish() ? read : throw new EconomicsException("A stake in the state cannot be read.");
    }
}
