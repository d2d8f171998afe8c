using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>Too few are enrolled: no work is given out that nobody could judge, and waiting costs the ledger little.</summary>
[TestFixture]
public sealed class ToleranceWaitingTests
{
    [Test]
    public void No_unit_is_leased_until_three_validators_could_judge_it()
    {
        LedgerHarness ledger = new(workers: 2, validators: 4);
        ledger.Enrol(LedgerHarness.Worker(0), LedgerHarness.Class);
        Hash256 job = ledger.Submit(LedgerHarness.ToleranceManifest());
        for (int enrolled = 0; enrolled < 3; enrolled++)
        {
            ledger.EndBlock();
            Assert.That(ledger.Job(job).RoundLeased, Is.False, $"{enrolled} are enrolled");
            ledger.Enrol(LedgerHarness.Validator(enrolled), LedgerHarness.Class);
        }

        ledger.EndBlock();
        Assert.That(ledger.OpenLeases(job).Select(lease => lease.Worker), Is.EqualTo(new[] { LedgerHarness.Worker(0) }));
    }

    /// <summary>Nobody judges itself. A worker that validates needs three others, one that does not may have its unit judged by all three.</summary>
    [Test]
    public void A_validator_does_not_count_for_its_own_units()
    {
        LedgerHarness ledger = new(workers: 1, validators: 4);
        Enrol(ledger, 3);
        Address both = LedgerHarness.Validator(0);
        ledger.Writer.Mint(both, LedgerHarness.WorkerStake);
        byte[] stake = new StakePayload(StakeRoles.Worker, LedgerHarness.WorkerStake, [LedgerHarness.Class]).Encode();
        Assert.That(ledger.Execute(both, TransactionKind.Stake, stake).Code, Is.EqualTo(ValidationCode.Ok));
        Hash256 job = ledger.Submit(LedgerHarness.ToleranceManifest(steps: 8, perUnit: 1, perRound: 8));
        ledger.EndBlock();
        Assert.That(ledger.Job(job).RoundLeased, Is.False);
        ledger.Enrol(LedgerHarness.Worker(0), LedgerHarness.Class);
        ledger.EndBlock();
        Assert.That(ledger.OpenLeases(job).Select(lease => lease.Worker), Is.EqualTo(Enumerable.Repeat(LedgerHarness.Worker(0), 8)));
        ledger.Enrol(LedgerHarness.Validator(3), LedgerHarness.Class);
        ledger.EndBlock(ledger.Parameters.LeaseBlocks);
        Assert.That(ledger.OpenLeases(job).Select(lease => lease.Worker), Does.Contain(both), "now it has three others");
    }

    [Test]
    public void A_lease_that_ran_out_is_not_granted_again_while_nobody_could_judge_it()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest());
        scene.Ledger.Enrol(LedgerHarness.Validator(2), []);
        scene.Ledger.EndBlock(scene.Ledger.Parameters.LeaseBlocks + 2);
        Assert.That(scene.Unit().Lease.Worker, Is.EqualTo(Address.Zero));
        scene.Ledger.Enrol(LedgerHarness.Validator(2), LedgerHarness.Class);
        scene.Ledger.EndBlock();
        Assert.That(scene.Unit().Lease.Worker, Is.Not.EqualTo(Address.Zero));
        Assert.That(scene.Unit().Lease.Attempt, Is.EqualTo(1));
    }

    /// <summary>Few units are audited there, and a job may ask for none.</summary>
    [Test]
    public void Exact_lanes_lease_without_validators()
    {
        LedgerHarness ledger = new(workers: 1);
        Hash256 job = ledger.Submit(LedgerHarness.Manifest(auditRate: 10_000));
        ledger.EndBlock();
        Assert.That(ledger.OpenLeases(job), Has.Count.EqualTo(2));
    }

    /// <summary>Else somebody who enrols alone for a class would make every block read every stake, for each of 64 jobs.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void A_failed_draw_is_tried_again_after_the_time_of_an_audit_phase(bool isTolerance)
    {
        JobManifest manifest = isTolerance
            ? LedgerHarness.ToleranceManifest()
            : LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000);
        ToleranceScene scene = new(1, isTolerance ? 3 : 0, manifest, parameters => parameters with { AuditCommitBlocks = 10 });
        scene.Ledger.Commit(scene.Leases[0]);
        if (isTolerance)
        {
            scene.Ledger.Enrol(LedgerHarness.Validator(0), []);
        }

        scene.Ledger.EndBlock();
        List<bool> readsStakes = [];
        for (int block = 0; block < 31; block++)
        {
            // The harness begins the block once more, with the same end.
            readsStakes.Add(scene.Ledger.CountReadsOfBeginBlock() > 4);
            scene.Ledger.EndBlock();
        }

        Assert.That(scene.Unit().Phase, Is.EqualTo(UnitPhase.Committed));
        Assert.That(Enumerable.Range(0, 31).Where(block => readsStakes[block]), Is.EqualTo(new[] { 0, 10, 20, 30 }));
    }

    [Test]
    public void Auditors_that_are_silent_are_replaced_at_once()
    {
        ToleranceScene scene = new(1, 3, LedgerHarness.ToleranceManifest(), parameters => parameters with { AuditCommitBlocks = 10 });
        scene.CommitAndDraw();
        scene.Vote(0, ToleranceVote.Within, ToleranceVote.Silent, ToleranceVote.Silent);
        Assert.That(scene.Unit().Phase, Is.EqualTo(UnitPhase.Committed));
        scene.Ledger.EndBlock();
        Assert.That(scene.Unit().Phase, Is.EqualTo(UnitPhase.AuditCommit));
    }

    private static void Enrol(LedgerHarness ledger, int validators)
    {
        for (int i = 0; i < validators; i++)
        {
            ledger.Enrol(LedgerHarness.Validator(i), LedgerHarness.Class);
        }
    }
}
