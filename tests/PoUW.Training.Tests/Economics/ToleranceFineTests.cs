using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>What a failed audit of lane T costs, and who has something of it: it is evidence, no proof.</summary>
[TestFixture]
public sealed class ToleranceFineTests
{
    private const ToleranceVote Outside = ToleranceVote.Outside;

    /// <summary>A vote costs the same whatever it says, so none may pay better than another: of 1,001, three provers could have 133 each.</summary>
    [TestCase(0UL, 0UL)]
    [TestCase(7UL, 7UL)]
    [TestCase(133UL, 133UL)]
    [TestCase(134UL, 133UL)]
    [TestCase(5_000UL, 133UL)]
    public void A_prover_gets_its_fee_at_most_and_never_more_than_its_share(ulong fee, ulong paid)
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest() with { AuditFee = Amount.FromBaseUnits(fee) });
        Address worker = scene.Leases[0].Worker;
        Amount burned = scene.Ledger.State.Burned;
        Amount client = scene.Ledger.Balance(LedgerHarness.Client);
        scene.CommitAndDraw();
        Address[] auditors = [.. scene.Unit().Auditors.Select(auditor => auditor.Auditor)];
        scene.Vote(0, Outside, Outside, Outside);
        Assert.Multiple(() =>
        {
            Assert.That(auditors.Select(scene.Ledger.Balance), Is.All.EqualTo(Amount.FromBaseUnits(paid)));
            Assert.That(scene.LossOf(worker), Is.EqualTo(Amount.FromBaseUnits(1_001)));
            Assert.That(scene.Ledger.State.Burned - burned, Is.EqualTo(Amount.FromBaseUnits(1_001 - (3 * paid))), "the rest");
            Assert.That(scene.Ledger.Balance(LedgerHarness.Client), Is.EqualTo(client));
        });
        scene.AssertMoney(3);
    }

    /// <summary>In exact lanes a false record is proven: shares are whole, and all reputation is gone.</summary>
    [Test]
    public void A_lie_in_an_exact_lane_costs_what_it_did()
    {
        LedgerHarness ledger = new(workers: 1, validators: 3);
        Hash256 job = ledger.Submit(LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000));
        ledger.EndBlock();
        Lease lease = ledger.OpenLeases(job)[0];
        ledger.Commit(lease, ledger.RecordFor(lease) with { LossSum = 11 });
        ledger.Audit(job, 0);
        StakeAccount stake = ledger.Stake(lease.Worker);
        Conviction conviction = JobLedger.Convictions(ledger.State, job).Single();
        Amount share = conviction.Slashed.Scale(ledger.Parameters.SlashToProversBasisPoints, 30_000);
        Assert.That((stake.Reputation, stake.BannedUntil > ledger.Height), Is.EqualTo((0UL, true)));
        Assert.That(share, Is.GreaterThan(Amount.FromBaseUnits(7)));
        Assert.That(conviction.Provers.Select(ledger.Balance), Is.All.EqualTo(share));
    }

    /// <summary>Two convictions leave none of the initial 5,000; a third takes no more than is there.</summary>
    [Test]
    public void Every_failed_audit_costs_a_quarter_of_the_best_reputation()
    {
        ToleranceScene scene = new(1, 3, LedgerHarness.ToleranceManifest(steps: 3, perUnit: 1, perRound: 3, auditRate: 10_000), static parameters => parameters with { LeaseBlocks = 100 });
        Address worker = scene.Leases[0].Worker;
        ulong[] left = [2_500, 0, 0];
        for (ulong unit = 0; unit < 3; unit++)
        {
            scene.CommitAndDraw(unit);
            scene.Vote(unit, Outside, Outside, Outside);
            Assert.That(scene.Ledger.Stake(worker).Reputation, Is.EqualTo(left[unit]));
        }
    }

    /// <summary>Honest or not, it would be convicted again, or decline.</summary>
    [Test]
    public void A_convict_gets_no_further_lease_of_the_job_and_others_do_its_units()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest(steps: 8, perUnit: 1, perRound: 2, auditRate: 10_000));
        Address convict = scene.Unit().Lease.Worker;
        scene.CommitAndDraw();
        scene.Vote(0, Outside, Outside, Outside);
        Assert.That(scene.Unit().Lease.Worker, Is.Not.EqualTo(convict).And.Not.EqualTo(Address.Zero));
        while (scene.State.Round == 0)
        {
            ulong unit = scene.Leases[0].Unit;
            scene.CommitAndDraw(unit);
            scene.Vote(unit, ToleranceVote.Within, ToleranceVote.Within, ToleranceVote.Within);
        }

        Assert.That(scene.Leases.Select(lease => lease.Worker), Has.None.EqualTo(convict).And.Exactly(2).Items);

        ToleranceScene alone = new(1, 3, LedgerHarness.ToleranceManifest());
        alone.CommitAndDraw();
        alone.Vote(0, Outside, Outside, Outside);
        Assert.That(alone.Unit().Lease.Worker, Is.EqualTo(Address.Zero), "the only one: the unit waits");
    }

    /// <summary>At 40 % some units of a worker are spared from 5,000 on, and none below.</summary>
    [TestCase(0UL, false)]
    [TestCase(2_500UL, false)]
    [TestCase(4_999UL, false)]
    [TestCase(5_000UL, true)]
    [TestCase(7_500UL, true)]
    public void All_units_below_the_initial_reputation_are_audited_in_lane_T(ulong reputation, bool spares)
    {
        Assert.That(SparedAt(reputation, LedgerHarness.ToleranceManifest(steps: 20, perUnit: 1, perRound: 20, auditRate: 4_000)), spares ? Is.InRange(4, 18) : Is.Zero);
        Assert.That(
            SparedAt(reputation, LedgerHarness.Manifest(steps: 20, perUnit: 1, perRound: 20, auditRate: 4_000)), Is.InRange(4, 18), "exact lanes know bans only");

        static int SparedAt(ulong reputation, JobManifest manifest)
        {
            ToleranceScene scene = new(1, 3, manifest);
            Address worker = LedgerHarness.Worker(0);
            scene.Ledger.Writer.SetRecord(
                StateKey.Create("stake", "id", worker.ToArray()), Encode(scene.Ledger.Stake(worker) with { Reputation = reputation }));
            Assert.That(scene.Ledger.Stake(worker).Reputation, Is.EqualTo(reputation));
            foreach (Lease lease in scene.Leases)
            {
                Assert.That(scene.Ledger.Commit(lease).ToString(), Is.EqualTo("Ok"));
            }

            scene.Ledger.EndBlock(2);
            return JobLedger.Round(scene.Ledger.State, scene.Manifest, 0).Count(unit => unit.IsAccepted);
        }
    }

    private static byte[] Encode(StakeAccount stake)
    {
        PoUW.Core.Codec.RlpWriter writer = new PoUW.Core.Codec.RlpWriter().BeginList()
            .Write((ulong)stake.Roles).Write(stake.Bonded).Write(stake.Unbonding).Write(stake.ReleaseHeight).Write(stake.BannedUntil).Write(stake.Reputation)
            .BeginList();
        foreach (Hash256 one in stake.ToleranceClasses)
        {
            writer.Write(one);
        }

        return writer.EndList().EndList().Finish();
    }
}
