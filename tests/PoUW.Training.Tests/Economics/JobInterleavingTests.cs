using FsCheck;
using FsCheck.Fluent;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class JobInterleavingTests
{
    private const int Workers = 3;
    private const int Validators = 4;

    /// <summary>Whatever order records, lies, verdicts, silence, restarts, closing and blocks come in, escrow closes exactly once and no coin appears or vanishes.</summary>
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public Property Escrow_closes_exactly_once() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), actions => Run(actions, WorkPlan.None, Amount.FromBaseUnits(13)));

    /// <summary>
    /// The same with leases that burn, out of budgets from nothing to enough for all, and with blocks that operations of random leases win: bonuses
    /// are minted, and still every coin is where it belongs.
    /// </summary>
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public Property Escrow_closes_exactly_once_with_burned_leases_and_bonuses() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte>(), (actions, budget) =>
            Run(actions, LedgerHarness.Plan, Amount.FromCoins(budget).Scale(1, 50) + Amount.FromBaseUnits(13)));

    private static bool Run(byte[] actions, WorkPlan plan, Amount budget)
    {
        LedgerHarness ledger = new(Workers, Validators);
        JobManifest manifest = LedgerHarness.Manifest(steps: 12, perUnit: 1, perRound: 3, auditRate: 5_000) with { DeadlineBlocks = 40, Work = plan };
        Hash256 job = ledger.Submit(manifest, manifest.TotalPrice + budget);
        int endings = 0;
        foreach (byte action in actions.Concat(Enumerable.Repeat((byte)0, 150)))
        {
            bool wasOpen = ledger.Job(job).IsOpen;
            Step(ledger, job, action);
            JobState state = ledger.Job(job);
            endings += wasOpen && !state.IsOpen ? 1 : 0;
            ledger.AssertConservation(job);
            Amount held = ledger.Balance(JobLedger.EscrowAccount(job));
            Assert.That(state.Paid + state.Burned + state.Refunded + held, Is.EqualTo(state.Escrow));
            Assert.That(state.LeaseBurned, Is.LessThanOrEqualTo(budget));
        }

        return endings == 1 && ledger.Balance(JobLedger.EscrowAccount(job)) == Amount.Zero;
    }

    private static void Step(LedgerHarness ledger, Hash256 job, byte action)
    {
        IReadOnlyList<UnitState> units = JobLedger.CurrentRound(ledger.State, ledger.Job(job));
        UnitState? unit = units.Count == 0 ? null : units[action / 16 % units.Count];
        switch (action % 8)
        {
            case 1 when unit is { Phase: UnitPhase.Leased } && WorkLedger.FindLease(ledger.State, unit.Lease.Id) is { Status: WorkLeaseStatus.Open }:
                ledger.EndBlockWonBy(ledger.WinOf(unit.Lease, unit.Lease.Unit, (uint)(action / 8 % 2)));
                break;
            case 0 or 1:
                ledger.EndBlock();
                break;
            case 2 when action > 200:
                ledger.Restart();
                break;
            case 7 when action > 240:
                ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(job).Encode());
                break;
            case 6 when action > 200 && unit is { Phase: UnitPhase.Leased }:
                ledger.Commit(unit.Lease, ledger.RecordFor(unit.Lease) with { EndRoot = Hash256.Zero });
                break;
            default:
                Answer(ledger, unit, action);
                break;
        }
    }

    private static void Answer(LedgerHarness ledger, UnitState? unit, byte action)
    {
        switch (unit?.Phase)
        {
            case UnitPhase.Leased:
                ledger.Commit(unit.Lease);
                break;
            case UnitPhase.AuditCommit or UnitPhase.AuditReveal:
                AuditorState auditor = unit.Auditors[action / 8 % unit.Auditors.Count];
                Hash256? digest = action > 250 ? Hash256.Zero : null;
                AuditReveal reveal = ledger.RevealOf(unit, auditor.Auditor, digest, available: action % 5 != 0);
                _ = unit.Phase == UnitPhase.AuditCommit ? ledger.CommitAudit(reveal, auditor.Auditor) : ledger.RevealAudit(reveal, auditor.Auditor);
                break;
        }
    }
}
