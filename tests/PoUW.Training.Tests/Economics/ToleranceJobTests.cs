using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>The life of jobs of lane T: who takes part, who is admitted to speak, and what hostile workers, auditors and clients gain.</summary>
[TestFixture]
public sealed class ToleranceJobTests
{
    private const ToleranceVote Within = ToleranceVote.Within;
    private const ToleranceVote Outside = ToleranceVote.Outside;
    private const ToleranceVote Absent = ToleranceVote.Absent;

    [Test]
    public void No_job_of_lane_T_is_submitted_before_the_upgrade()
    {
        UpgradeActivation[] never = [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 0)];
        UpgradeActivation[] later = [.. never, new(NetworkUpgrade.ToleranceJobs, 3)];
        JobManifest manifest = LedgerHarness.ToleranceManifest();
        byte[] payload = new SubmitJobPayload(manifest, manifest.TotalPrice).Encode();
        foreach (UpgradeActivation[] upgrades in new[] { never, later })
        {
            LedgerHarness ledger = new(change: parameters => parameters with { Upgrades = upgrades });
            Amount before = ledger.Balance(LedgerHarness.Client);
            ValidationResult early = ledger.Execute(LedgerHarness.Client, TransactionKind.SubmitJob, payload);
            Assert.That((early.Code, early.Field), Is.EqualTo((ValidationCode.UpgradeInactive, nameof(JobManifest.Version))));
            Assert.That(ledger.Balance(LedgerHarness.Client), Is.EqualTo(before));
            Assert.That(JobLedger.OpenJobs(ledger.State), Is.Empty);
            ledger.Submit(LedgerHarness.Manifest());
            ledger.EndBlock(2);
            Assert.That(
                ledger.Execute(LedgerHarness.Client, TransactionKind.SubmitJob, payload).Code,
                Is.EqualTo(upgrades == later ? ValidationCode.Ok : ValidationCode.UpgradeInactive));
        }
    }

    [Test]
    public void A_job_with_liars_and_honest_workers_ends_with_every_unit_paid_once()
    {
        const int Validators = 5;
        ToleranceScene scene = new(
            4, Validators, LedgerHarness.ToleranceManifest(steps: 24, perUnit: 4, perRound: 3), parameters => parameters with { LeaseBlocks = 100 });
        int lies = 0;
        while (scene.State.IsOpen && scene.Ledger.Height < 200)
        {
            Lease lease = scene.Leases[0];
            bool lie = lease.Attempt == 0 && lease.Unit % 2 == 0;
            lies += lie ? 1 : 0;
            scene.CommitAndDraw(lease.Unit);
            scene.Vote(lease.Unit, lie ? [Outside, Within, Outside] : [Within, Within, Absent]);
            scene.AssertMoney(Validators);
        }

        Assert.Multiple(() =>
        {
            Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(scene.State.Convictions, Is.EqualTo(lies).And.EqualTo(3));
            Assert.That(scene.State.Paid, Is.EqualTo(Amount.FromBaseUnits(6 * (570 + (2 * 7)))));
            Assert.That(scene.State.Burned, Is.EqualTo(Amount.FromBaseUnits(6 * 30)));
            Assert.That(scene.State.Refunded, Is.EqualTo(scene.Manifest.TotalPrice - Amount.FromBaseUnits(6 * (600 + 14))));
            Assert.That(Enumerable.Range(0, 4).Select(LedgerHarness.Worker).Aggregate(Amount.Zero, (sum, worker) => sum + scene.LossOf(worker)),
                Is.EqualTo(Amount.FromBaseUnits((ulong)lies * 1_001)));
        });
    }

    [Test]
    public void Only_enrolled_workers_get_leases_and_a_round_waits_for_the_first()
    {
        LedgerHarness ledger = new(workers: 4, validators: 3);
        EnrolValidators(ledger, 3);
        ledger.Enrol(LedgerHarness.Worker(0), Hash256.Sha256("another class"u8));
        Hash256 job = ledger.Submit(LedgerHarness.ToleranceManifest(steps: 64, perUnit: 1, perRound: 64));
        Hash256 exact = ledger.Submit(LedgerHarness.Manifest(steps: 64, perUnit: 1, perRound: 64));
        ledger.EndBlock(3);
        Assert.That(ledger.OpenLeases(job), Is.Empty);
        Assert.That(ledger.OpenLeases(exact).Select(lease => lease.Worker).Distinct().Count(), Is.EqualTo(4), "exact jobs are for all");
        ledger.Enrol(LedgerHarness.Worker(2), LedgerHarness.Class);
        ledger.EndBlock();
        Assert.That(ledger.OpenLeases(job), Has.Count.EqualTo(64));
        Assert.That(ledger.OpenLeases(job).Select(lease => lease.Worker).Distinct(), Is.EqualTo(new[] { LedgerHarness.Worker(2) }));

        // The next attempts go to those who are enrolled then.
        ledger.Enrol(LedgerHarness.Worker(2), []);
        ledger.Enrol(LedgerHarness.Worker(3), LedgerHarness.Class);
        ledger.EndBlock(ledger.Parameters.LeaseBlocks);
        Assert.That(ledger.OpenLeases(job).Select(lease => (lease.Worker, lease.Attempt)).Distinct(), Is.EqualTo(new[] { (LedgerHarness.Worker(3), 1UL) }));
    }

    [Test]
    public void A_unit_waits_until_three_enrolled_validators_other_than_its_worker_are_there()
    {
        LedgerHarness ledger = new(workers: 0, validators: 6);
        Address both = LedgerHarness.Validator(0);
        ledger.Writer.Mint(both, LedgerHarness.WorkerStake);
        byte[] stake = new StakePayload(StakeRoles.Worker, LedgerHarness.WorkerStake, [LedgerHarness.Class]).Encode();
        Assert.That(ledger.Execute(both, TransactionKind.Stake, stake).Code, Is.EqualTo(ValidationCode.Ok));
        EnrolValidators(ledger, 4);
        Hash256 job = ledger.Submit(LedgerHarness.ToleranceManifest(auditors: 5));
        ledger.EndBlock();
        ledger.Commit(ledger.OpenLeases(job)[0]);
        ledger.Enrol(LedgerHarness.Validator(3), []);
        ledger.EndBlock(10);
        Assert.That(ledger.Unit(job, 0).Phase, Is.EqualTo(UnitPhase.Committed), "two others are enrolled");
        ledger.Enrol(LedgerHarness.Validator(3), LedgerHarness.Class);
        ledger.EndBlock(ledger.Parameters.AuditCommitBlocks + 1);
        Assert.That(
            ledger.Unit(job, 0).Auditors.Select(auditor => auditor.Auditor),
            Is.EquivalentTo(new[] { LedgerHarness.Validator(1), LedgerHarness.Validator(2), LedgerHarness.Validator(3) }));
    }

    [TestCase(4, 3)]
    [TestCase(5, 5)]
    [TestCase(8, 5)]
    public void The_number_of_auditors_is_odd_and_at_least_three(int enrolled, int drawn)
    {
        ToleranceScene scene = new(1, enrolled, LedgerHarness.ToleranceManifest(auditors: 5));
        scene.CommitAndDraw();
        Assert.That(scene.Unit().Auditors, Has.Count.EqualTo(drawn));
    }

    [Test]
    public void What_is_under_way_stays_when_classes_are_given_up()
    {
        ToleranceScene scene = new(1, 3, LedgerHarness.ToleranceManifest());
        Address worker = scene.Leases[0].Worker;
        scene.Ledger.Enrol(worker, []);
        scene.CommitAndDraw();
        foreach (AuditorState auditor in scene.Unit().Auditors)
        {
            scene.Ledger.Enrol(auditor.Auditor, []);
        }

        scene.Vote(0, Within, Within, Within);
        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(scene.Ledger.Balance(worker), Is.EqualTo(Amount.FromBaseUnits(570)));
        Assert.That(scene.Unit().Auditors.Select(auditor => scene.Ledger.Balance(auditor.Auditor)), Is.All.EqualTo(Amount.FromBaseUnits(7)));
    }

    /// <summary>The replays of two auditors differ, so a digest of what one found convinces nobody.</summary>
    [Test]
    public void An_opening_that_is_no_verdict_of_lane_T_is_refused()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest());
        scene.CommitAndDraw();
        UnitState unit = scene.Unit();
        Hash256 outside = AuditReveal.OutOfBounds(unit.AuditDigest);
        (Hash256 Digest, bool Available, string Field)[] wrong =
        [
            (Hash256.Sha256("a replay"u8), true, nameof(AuditReveal.RecordDigest)), (Hash256.Zero, false, nameof(AuditReveal.RecordDigest)),
            (outside, false, nameof(AuditReveal.Available)),
        ];
        AuditReveal[] reveals = [.. wrong.Select((one, i) => scene.Ledger.RevealOf(unit, unit.Auditors[i].Auditor, one.Digest, one.Available))];
        for (int i = 0; i < 3; i++)
        {
            Assert.That(scene.Ledger.CommitAudit(reveals[i], unit.Auditors[i].Auditor).IsValid, Is.True, "a commitment hides what it is about");
        }

        scene.Ledger.EndBlock();
        for (int i = 0; i < 3; i++)
        {
            ValidationResult result = scene.Ledger.RevealAudit(reveals[i], unit.Auditors[i].Auditor);
            Assert.That((result.Code, result.Field), Is.EqualTo((ValidationCode.BadVerdict, wrong[i].Field)), result.ToString());
            Assert.That(
                scene.Ledger.RevealAudit(reveals[i] with { RecordDigest = outside, Available = true }, unit.Auditors[i].Auditor).Code,
                Is.EqualTo(ValidationCode.WrongOpening), "and nobody changes its mind");
        }

        scene.Ledger.EndBlock(scene.Ledger.Parameters.AuditRevealBlocks + 1);
        Assert.That(scene.State.Convictions, Is.Zero);
        Assert.That(
            unit.Auditors.Select(auditor => scene.Ledger.Stake(auditor.Auditor).Reputation), Is.All.EqualTo(StakeAccount.InitialReputation - 500), "as silence");
        scene.AssertMoney(3);
    }

    /// <summary>In exact lanes that digest is one like any other: a lie.</summary>
    [Test]
    public void Out_of_bounds_is_no_verdict_of_exact_lanes()
    {
        LedgerHarness ledger = new(workers: 1, validators: 3);
        Hash256 job = ledger.Submit(LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000));
        ledger.EndBlock();
        ledger.Commit(ledger.OpenLeases(job)[0]);
        ledger.EndBlock(2);
        Hash256 outside = AuditReveal.OutOfBounds(ledger.Unit(job, 0).AuditDigest);
        UnitState unit = ledger.Unit(job, 0);
        AuditReveal[] reveals = [.. unit.Auditors.Select((auditor, place) => ledger.RevealOf(unit, auditor.Auditor, place == 0 ? outside : null))];
        for (int i = 0; i < 3; i++)
        {
            ledger.CommitAudit(reveals[i], unit.Auditors[i].Auditor);
        }

        ledger.EndBlock();
        for (int i = 0; i < 3; i++)
        {
            Assert.That(ledger.RevealAudit(reveals[i], unit.Auditors[i].Auditor).IsValid, Is.True);
        }

        ledger.EndBlock();
        Conviction conviction = JobLedger.Convictions(ledger.State, job).Single();
        Assert.That((conviction.Offender, conviction.Offence), Is.EqualTo((unit.Auditors[0].Auditor, Offence.FalseVerdict)));
    }

    /// <summary>The one that was served can say nothing against those that were not, and is not to blame.</summary>
    [Test]
    public void A_worker_that_serves_its_state_to_one_auditor_alone_loses_the_price()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest());
        Lease lease = scene.Leases[0];
        scene.CommitAndDraw();
        Address served = scene.Unit().Auditors[1].Auditor;
        scene.Vote(0, Absent, Within, Absent);
        Assert.Multiple(() =>
        {
            Assert.That(scene.LossOf(lease.Worker), Is.EqualTo(scene.Manifest.UnitPrice));
            Assert.That(scene.Ledger.Stake(served).Reputation, Is.EqualTo(StakeAccount.InitialReputation));
            Assert.That(scene.Ledger.Balance(served), Is.EqualTo(Amount.Zero));
            Assert.That(JobLedger.Convictions(scene.Ledger.State, scene.Job).Single().Offence, Is.EqualTo(Offence.WithheldState));
        });
        scene.AssertMoney(3);
    }

    [Test]
    public void A_worker_that_is_convicted_four_times_in_one_block_loses_what_it_has_and_no_more()
    {
        JobManifest manifest = LedgerHarness.ToleranceManifest(steps: 4, perUnit: 1, perRound: 4) with { UnitPrice = Amount.FromCoins(18) };
        ToleranceScene scene = new(1, 3, manifest, parameters => parameters with { StakePerUnitPrice = 0 });
        Address worker = scene.Leases[0].Worker;
        byte[] unstake = new UnstakePayload(Amount.FromCoins(15)).Encode();
        foreach (Lease lease in scene.Leases)
        {
            Assert.That(scene.Ledger.Commit(lease).IsValid, Is.True);
        }

        Assert.That(scene.Ledger.Execute(worker, TransactionKind.Unstake, unstake).IsValid, Is.True);
        scene.Ledger.EndBlock(2);
        UnitState[] units = [.. JobLedger.CurrentRound(scene.Ledger.State, scene.State)];
        Speak(scene, units, scene.Ledger.CommitAudit);
        scene.Ledger.EndBlock();
        Speak(scene, units, scene.Ledger.RevealAudit);
        scene.Ledger.EndBlock();
        StakeAccount stake = scene.Ledger.Stake(worker);
        Assert.Multiple(() =>
        {
            Assert.That(
                JobLedger.Convictions(scene.Ledger.State, scene.Job).Select(conviction => conviction.Slashed),
                Is.EqualTo(new[] { Amount.FromCoins(18), Amount.FromCoins(18), Amount.FromCoins(14), Amount.Zero }), "bonded coins, then those on their way back");
            Assert.That((stake.Bonded, stake.Unbonding), Is.EqualTo((Amount.Zero, Amount.Zero)));
            Assert.That(stake.BannedUntil, Is.Zero);
            Assert.That(scene.Unit().Lease.Worker, Is.EqualTo(Address.Zero), "nobody is left who may take the unit");
        });
        scene.AssertMoney(3);

        static void Speak(ToleranceScene scene, UnitState[] units, Func<AuditReveal, Address, ValidationResult> say)
        {
            foreach (UnitState unit in units)
            {
                foreach (AuditorState auditor in unit.Auditors)
                {
                    Assert.That(say(scene.RevealOf(unit, auditor.Auditor, Outside), auditor.Auditor).ToString(), Is.EqualTo("Ok"));
                }
            }
        }
    }

    /// <summary>At 40 % some units are spared, but not those of a worker that was banned elsewhere or that an audit has just found out.</summary>
    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public void The_units_of_a_suspect_are_all_audited(bool isBanned, bool wasFoundOut)
    {
        ToleranceScene scene = new(
            1, 4, LedgerHarness.ToleranceManifest(steps: 30, perUnit: 1, perRound: 30, auditRate: 4_000), parameters => parameters with { LeaseBlocks = 100 });
        Address worker = scene.Leases[0].Worker;
        ulong first = 0;
        if (wasFoundOut)
        {
            first = FindAudited(scene);
            scene.Vote(first, Outside, Outside, Outside);
            ulong spared = (ulong)JobLedger.CurrentRound(scene.Ledger.State, scene.State).Count(unit => unit.IsAccepted);
            Assert.That(scene.Ledger.Stake(worker).Reputation, Is.EqualTo(StakeAccount.InitialReputation + (spared * 100) - 2_500));
        }

        IReadOnlyList<Lease> leases = [.. scene.Leases.Where(lease => lease.Unit != first && lease.ExpiryHeight >= scene.Ledger.Height).Take(20)];
        foreach (Lease lease in leases)
        {
            Assert.That(scene.Ledger.Commit(lease).IsValid, Is.True);
        }

        if (isBanned)
        {
            scene.Ledger.Stakes.SlashEquivocation(scene.Ledger.Writer, Block(scene.Ledger), worker, LedgerHarness.Validator(0));
        }

        scene.Ledger.EndBlock(2);
        int audited = leases.Count(lease => scene.Unit(lease.Unit).Phase == UnitPhase.AuditCommit);
        int accepted = leases.Count(lease => scene.Unit(lease.Unit).IsAccepted);
        Assert.That(audited + accepted, Is.EqualTo(leases.Count));
        Assert.That(accepted, isBanned || wasFoundOut ? Is.Zero : Is.InRange(4, 18));

        static ulong FindAudited(ToleranceScene scene)
        {
            foreach (Lease lease in scene.Leases.Where(lease => lease.Unit is > 0 and < 10))
            {
                scene.Ledger.Commit(lease);
            }

            scene.Ledger.EndBlock(2);
            return Enumerable.Range(1, 9).Select(unit => (ulong)unit).First(unit => scene.Unit(unit).Phase == UnitPhase.AuditCommit);
        }
    }

    [Test]
    public void A_failed_audit_does_not_shorten_a_ban()
    {
        ToleranceScene scene = new(1, 3, LedgerHarness.ToleranceManifest());
        Address worker = scene.Leases[0].Worker;
        scene.CommitAndDraw();
        scene.Ledger.Stakes.SlashEquivocation(scene.Ledger.Writer, Block(scene.Ledger), worker, LedgerHarness.Validator(0));
        ulong banned = scene.Ledger.Stake(worker).BannedUntil;
        scene.Vote(0, Outside, Outside, Outside);
        Conviction conviction = JobLedger.Convictions(scene.Ledger.State, scene.Job).Single();
        Assert.That(conviction.Slashed, Is.EqualTo(Amount.Zero), "nothing is left");
        Assert.That((scene.Ledger.Stake(worker).BannedUntil, banned), Is.EqualTo((banned, banned)).And.Not.EqualTo((0UL, 0UL)));
        scene.AssertMoney(3);
    }

    [TestCase((int)Within, JobStatus.Completed, 614UL)]
    [TestCase((int)Outside, JobStatus.TimedOut, 0UL)]
    [TestCase((int)Absent, JobStatus.TimedOut, 0UL)]
    public void Votes_that_are_open_at_the_deadline_still_count(int vote, JobStatus status, ulong spent)
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest() with { DeadlineBlocks = 3 });
        scene.CommitAndDraw();
        scene.Ledger.EndBlock(2);
        Assert.That(scene.Ledger.Height, Is.GreaterThan(scene.State.DeadlineHeight));
        scene.Vote(0, (ToleranceVote)vote, (ToleranceVote)vote, ToleranceVote.Hidden);
        scene.Ledger.EndBlock();
        Assert.That(scene.State.Status, Is.EqualTo(status));
        Assert.That(scene.State.Refunded, Is.EqualTo(scene.Manifest.TotalPrice - Amount.FromBaseUnits(spent)));
        scene.AssertMoney(3);
    }

    [TestCase(0, 0, false, TestName = "Nobody enrolled: nobody can do it")]
    [TestCase(1, 2, false, TestName = "Nobody could judge it: no lease")]
    [TestCase(1, 3, true, TestName = "Nobody can judge it")]
    public void A_job_that_nobody_can_do_or_judge_returns_its_escrow(int workers, int validators, bool commits)
    {
        JobManifest manifest = LedgerHarness.ToleranceManifest() with { DeadlineBlocks = 5 };
        ToleranceScene scene = new(workers, validators, manifest);
        if (commits)
        {
            scene.Ledger.Commit(scene.Leases[0]);
            scene.Ledger.Enrol(LedgerHarness.Validator(0), []);
        }

        scene.Ledger.EndBlock(60);
        Assert.That(JobLedger.GetUnit(scene.Ledger.State, scene.Job, 0)?.Phase, Is.EqualTo(commits ? UnitPhase.Committed : (UnitPhase?)null));
        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.TimedOut));
        Assert.That(scene.State.Refunded, Is.EqualTo(manifest.TotalPrice));
        scene.AssertMoney(validators);
    }

    /// <summary>A state at the bound that is served to some splits honest auditors as often as its worker likes. Nobody is slashed, but the job goes on.</summary>
    [Test]
    public void A_worker_cannot_hold_a_job_up_by_splitting_its_auditors()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest());
        Lease lease = scene.Leases[0];
        scene.CommitAndDraw();
        int splits = 0;
        ulong patience = 4 * (scene.Ledger.Parameters.AuditCommitBlocks + scene.Ledger.Parameters.AuditRevealBlocks);
        while (scene.Unit().Lease.Attempt == 0 && splits < 50)
        {
            scene.Vote(0, Within, Outside, Absent);
            splits++;
            if (scene.Unit().Phase == UnitPhase.Committed)
            {
                Assert.That(scene.Ledger.Height - 1, Is.LessThan(lease.ExpiryHeight + patience));
                scene.Ledger.EndBlock();
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(splits, Is.InRange(4, 20));
            Assert.That(scene.Unit().Lease.Worker, Is.Not.EqualTo(lease.Worker));
            Assert.That(scene.LossOf(lease.Worker), Is.EqualTo(Amount.Zero));
            Assert.That(scene.Ledger.Stake(lease.Worker).Reputation, Is.EqualTo(StakeAccount.InitialReputation - 100), "as for a missed lease of this lane");
            Assert.That(scene.State.Convictions, Is.Zero);
            Assert.That(scene.State.Paid, Is.EqualTo(Amount.Zero));
        });
        scene.CommitAndDraw();
        scene.Vote(0, Within, Within, Within);
        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Completed));
        scene.AssertMoney(3);
    }

    [Test]
    public void Silent_auditors_never_cost_a_worker_its_unit()
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest());
        Lease lease = scene.Leases[0];
        scene.CommitAndDraw();
        for (int i = 0; i < 20; i++)
        {
            scene.Vote(0, Within, ToleranceVote.Hidden, i % 2 == 0 ? ToleranceVote.Hidden : ToleranceVote.Silent);
            Assert.That(scene.Unit().Phase, Is.EqualTo(UnitPhase.Committed));
            scene.Ledger.EndBlock();
        }

        scene.Vote(0, Within, Within, ToleranceVote.Hidden);
        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(scene.Ledger.Balance(lease.Worker), Is.EqualTo(Amount.FromBaseUnits(570)));
        scene.AssertMoney(3);
    }

    [TestCase((int)Within)]
    [TestCase((int)Outside)]
    public void The_least_price_rounds_down_to_no_wage_and_loses_no_coin(int vote)
    {
        ToleranceScene scene = new(2, 3, LedgerHarness.ToleranceManifest() with { UnitPrice = Amount.FromBaseUnits(1), AuditFee = Amount.Zero });
        Address worker = scene.Leases[0].Worker;
        scene.CommitAndDraw();
        scene.Vote(0, (ToleranceVote)vote, (ToleranceVote)vote, (ToleranceVote)vote);
        Assert.That(scene.Ledger.Balance(worker), Is.EqualTo(Amount.Zero));
        Assert.That(scene.LossOf(worker).BaseUnits, Is.EqualTo((UInt128)(vote == (int)Within ? 0 : 1)));
        scene.AssertMoney(3);
    }

    /// <summary>
    /// The ticket that decides the draw is known when the transactions of the block are made. If they changed the draw, a validator would try amounts
    /// until its own accounts are the majority.
    /// </summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Nobody_chooses_auditors_by_a_transaction_in_the_block_that_draws_them(bool isTolerance)
    {
        JobManifest manifest = isTolerance
            ? LedgerHarness.ToleranceManifest()
            : LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000);
        HashSet<string> draws = [];
        for (ulong more = 0; more < 20; more++)
        {
            LedgerHarness ledger = new(workers: 1, validators: 12);
            ledger.EnrolAll();
            Address attacker = LedgerHarness.Validator(0);
            ledger.Writer.Mint(attacker, Amount.FromCoins(1));
            Hash256 job = ledger.Submit(manifest);
            ledger.EndBlock();
            ledger.Commit(ledger.OpenLeases(job)[0]);
            ledger.EndBlock();
            byte[] stake = new StakePayload(StakeRoles.Validator, Amount.FromBaseUnits(more), more % 2 == 0 ? [] : null).Encode();
            Assert.That(ledger.Execute(attacker, TransactionKind.Stake, stake).IsValid, Is.True);
            ledger.EndBlock();
            Assert.That(ledger.Unit(job, 0).Phase, Is.EqualTo(UnitPhase.AuditCommit));
            draws.Add(string.Join(" ", ledger.Unit(job, 0).Auditors.Select(auditor => auditor.Auditor)));
        }

        Assert.That(draws, Has.Count.EqualTo(1));
    }

    /// <summary>Else somebody who enrols alone for a class of its own would make every block read every stake for each of its units.</summary>
    [Test]
    public void Units_that_wait_for_auditors_do_not_read_every_stake_each()
    {
        int few = ReadsWith(units: 2, validators: 60);
        int many = ReadsWith(units: 42, validators: 60);
        Assert.That(many - few, Is.LessThan(40 * 6), "forty more units read their own records");

        static int ReadsWith(ulong units, int validators)
        {
            LedgerHarness ledger = new(workers: 1, validators: validators);
            ledger.Enrol(LedgerHarness.Worker(0), LedgerHarness.Class);
            EnrolValidators(ledger, 3);
            Hash256 job = ledger.Submit(LedgerHarness.ToleranceManifest(steps: units, perUnit: 1, perRound: units));
            ledger.EndBlock();
            foreach (Lease lease in ledger.OpenLeases(job))
            {
                ledger.Commit(lease);
            }

            ledger.Enrol(LedgerHarness.Validator(0), []);
            ledger.EndBlock();
            int reads = ledger.CountReadsOfBeginBlock();
            Assert.That(JobLedger.CurrentRound(ledger.State, ledger.Job(job)).Select(unit => unit.Phase), Is.All.EqualTo(UnitPhase.Committed));
            return reads;
        }
    }

    private static void EnrolValidators(LedgerHarness ledger, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ledger.Enrol(LedgerHarness.Validator(i), LedgerHarness.Class);
        }
    }

    private static BlockContext Block(LedgerHarness ledger) =>
        new(ledger.Height, 0, Hash256.Zero, Hash256.Zero, LedgerHarness.Client, Hash256.Zero, 0, null, ledger.Parameters);
}
