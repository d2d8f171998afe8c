using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Staking;

/// <summary>How reputation moves. Integers only; always between 0 and <see cref="StakeAccount.MaxReputation"/>.</summary>
internal static class Reputation
{
    private const ulong AcceptedUnit = 100;
    private const ulong RightVerdict = 20;
    private const ulong MissedAudit = 500;
    private const ulong FailedAudit = 2_500;

    public static void UnitAccepted(IStateWriter state, Address worker) => Raise(state, worker, AcceptedUnit);

    public static void LeaseMissed(IStateWriter state, Address worker, ulong cost) => Lower(state, worker, cost);

    /// <summary>Evidence against a worker, no proof: a worker in good standing keeps most of its chances.</summary>
    public static void AuditFailed(IStateWriter state, Address worker) => Lower(state, worker, FailedAudit);

    public static void VerdictRight(IStateWriter state, Address auditor) => Raise(state, auditor, RightVerdict);

    public static void AuditMissed(IStateWriter state, Address auditor) => Lower(state, auditor, MissedAudit);

    private static void Raise(IStateWriter state, Address address, ulong by)
    {
        StakeAccount stake = StakeLedger.Get(state, address);
        StakeLedger.Set(state, address, stake with { Reputation = Math.Min(StakeAccount.MaxReputation, stake.Reputation + by) });
    }

    private static void Lower(IStateWriter state, Address address, ulong by)
    {
        StakeAccount stake = StakeLedger.Get(state, address);
        StakeLedger.Set(state, address, stake with { Reputation = stake.Reputation - Math.Min(stake.Reputation, by) });
    }
}
