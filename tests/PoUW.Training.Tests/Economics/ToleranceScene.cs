using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Tests.Economics;

/// <summary>A job of lane T with its first round leased; everybody is enrolled.</summary>
internal sealed class ToleranceScene
{
    public ToleranceScene(int workers, int validators, JobManifest manifest, Func<NetworkParameters, NetworkParameters>? change = null)
    {
        Manifest = manifest;
        Ledger = new LedgerHarness(workers, validators, change);
        Ledger.EnrolAll();
        Job = Ledger.Submit(manifest);
        Ledger.EndBlock();
    }

    public LedgerHarness Ledger { get; }

    public JobManifest Manifest { get; }

    public Hash256 Job { get; }

    public JobState State => Ledger.Job(Job);

    public IReadOnlyList<Lease> Leases => Ledger.OpenLeases(Job);

    public UnitState Unit(ulong unit = 0) => Ledger.Unit(Job, unit);

    /// <summary>Commits a record and draws the unit's auditors.</summary>
    public void CommitAndDraw(ulong unit = 0)
    {
        Assert.That(Ledger.Commit(Unit(unit).Lease).ToString(), Is.EqualTo("Ok"));
        Ledger.EndBlock(2);
        Assert.That(Unit(unit).Phase, Is.EqualTo(UnitPhase.AuditCommit));
    }

    public AuditReveal RevealOf(UnitState unit, Address auditor, ToleranceVote vote) => Ledger.RevealOf(
        unit, auditor, vote == ToleranceVote.Outside ? AuditReveal.OutOfBounds(unit.AuditDigest) : unit.AuditDigest, vote != ToleranceVote.Absent);

    /// <summary>Takes a unit whose auditors are drawn through one audit; votes are in the order of the draw.</summary>
    public void Vote(ulong unitNumber, params ToleranceVote[] votes)
    {
        UnitState unit = Unit(unitNumber);
        Assert.That(unit.Auditors, Has.Count.EqualTo(votes.Length));
        foreach ((AuditorState auditor, ToleranceVote vote) in unit.Auditors.Zip(votes).Where(one => one.Second != ToleranceVote.Silent))
        {
            Assert.That(Ledger.CommitAudit(RevealOf(unit, auditor.Auditor, vote), auditor.Auditor).ToString(), Is.EqualTo("Ok"));
        }

        EndPhase(unitNumber, UnitPhase.AuditCommit);
        if (Unit(unitNumber).Phase != UnitPhase.AuditReveal)
        {
            return;
        }

        foreach ((AuditorState auditor, ToleranceVote vote) in unit.Auditors.Zip(votes).Where(one => one.Second < ToleranceVote.Hidden))
        {
            Assert.That(Ledger.RevealAudit(RevealOf(unit, auditor.Auditor, vote), auditor.Auditor).ToString(), Is.EqualTo("Ok"));
        }

        EndPhase(unitNumber, UnitPhase.AuditReveal);
    }

    /// <summary>What an account has lost of its stake since genesis.</summary>
    public Amount LossOf(Address worker) => LedgerHarness.WorkerStake - Ledger.Stake(worker).Bonded;

    /// <summary>Coins are where they belong, and nobody but workers lost stake.</summary>
    public void AssertMoney(int validators)
    {
        Ledger.AssertConservation(Job);
        JobState job = State;
        Amount held = Ledger.Balance(JobLedger.EscrowAccount(Job));
        Assert.That(job.Paid + job.Burned + job.Refunded + held, Is.EqualTo(job.Escrow));
        Assert.That(job.IsOpen || held == Amount.Zero, Is.True);
        Assert.That(
            Enumerable.Range(0, validators).Select(i => Ledger.Stake(LedgerHarness.Validator(i)).Bonded), Is.All.EqualTo(LedgerHarness.ValidatorStake));
    }

    private void EndPhase(ulong unit, UnitPhase phase)
    {
        ulong most = Ledger.Parameters.AuditCommitBlocks + Ledger.Parameters.AuditRevealBlocks;
        for (ulong i = 0; i < most && Unit(unit).Phase == phase; i++)
        {
            Ledger.EndBlock();
        }
    }
}
