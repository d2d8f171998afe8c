using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Simulation.Faults;
using PoUW.Training.Auditors;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Auditors;

/// <summary>Audits of lane T: the first of three validators runs the production service on a device of its own, the others say what the test lets them.</summary>
[TestFixture]
[CancelAfter(60_000)]
public sealed class ToleranceAuditTests
{
    [Test]
    public async Task A_unit_of_another_device_is_accepted_earns_less_and_its_claimed_state_is_served(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        UnitOutcome work = await scene.WorkAsync(new HonestRunner());
        Hash256 claimed = scene.Unit(0).AuditDigest;
        scene.StartService(options: Options());
        AuditReveal verdict = await AuditAsync(scene, claimed, true, cancellation);
        JobState job = JobLedger.GetJob(scene.Ledger.View.State, scene.Manifest.JobId)!;
        await scene.WaitUntilHeldAsync(work.Record.StateBlob, cancellation);
        Amount earned = scene.Manifest.UnitPrice.Scale(JobManifest.ToleranceWageBasisPoints, 10_000);
        Assert.Multiple(() =>
        {
            Assert.That((verdict.RecordDigest, verdict.Available), Is.EqualTo((claimed, true)));
            Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
            Assert.That(job.Paid + job.Burned, Is.EqualTo(earned + (scene.Manifest.AuditFee * 3)));
            Assert.That(scene.Recorder.Rejections, Is.Empty);
        });
    }

    [TestCase(LieKind.WrongUpdate)]
    [TestCase(LieKind.SkipStep)]
    [TestCase(LieKind.WrongBatch)]
    public async Task A_lie_costs_the_price_and_bans_nobody(LieKind kind, CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        StakeAccount before = Worker(scene);
        await scene.WorkAsync(new LyingRunner(kind, 7));
        Hash256 outside = AuditReveal.OutOfBounds(scene.Unit(0).AuditDigest);
        scene.StartService(options: Options());
        AuditReveal verdict = await AuditAsync(scene, outside, true, cancellation);
        Conviction conviction = JobLedger.Convictions(scene.Ledger.View.State, scene.Manifest.JobId).Single();
        Assert.Multiple(() =>
        {
            Assert.That((verdict.RecordDigest, verdict.Available), Is.EqualTo((outside, true)));
            Assert.That(conviction.Offence, Is.EqualTo(Offence.OutOfBounds));
            Assert.That(conviction.Slashed, Is.EqualTo(scene.Manifest.UnitPrice));
            Assert.That(Worker(scene).Bonded, Is.EqualTo(before.Bonded - scene.Manifest.UnitPrice));
            Assert.That((Worker(scene).BannedUntil, Worker(scene).Reputation), Is.EqualTo((0UL, before.Reputation - 2_500)));
        });
    }

    [Test]
    public async Task Who_cannot_have_the_state_says_so_and_nothing_else(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        await scene.WorkAsync(new LyingRunner(LieKind.Withhold, 7));
        Hash256 claimed = scene.Unit(0).AuditDigest;
        scene.StartService(options: Options() with { FetchAttempts = 1 });
        AuditReveal verdict = await AuditAsync(scene, claimed, false, cancellation);
        Assert.Multiple(() =>
        {
            Assert.That((verdict.RecordDigest, verdict.Available), Is.EqualTo((claimed, false)));
            Assert.That(
                JobLedger.Convictions(scene.Ledger.View.State, scene.Manifest.JobId).Single().Offence, Is.EqualTo(Offence.WithheldState));
        });
    }

    [Test]
    public async Task Two_auditors_that_agree_against_an_honest_one_cost_it_no_stake(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        await scene.WorkAsync(new HonestRunner());
        Hash256 outside = AuditReveal.OutOfBounds(scene.Unit(0).AuditDigest);
        StakeAccount before = StakeLedger.Get(scene.Ledger.View.State, scene.Me.Address);
        scene.StartService(options: Options());
        AuditReveal verdict = await AuditAsync(scene, outside, true, cancellation);
        StakeAccount after = StakeLedger.Get(scene.Ledger.View.State, scene.Me.Address);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.RecordDigest, Is.Not.EqualTo(outside));
            Assert.That((after.Bonded, after.BannedUntil), Is.EqualTo((before.Bonded, 0UL)));
            Assert.That(after.Reputation, Is.LessThan(before.Reputation));
        });
    }

    [Test]
    public async Task An_auditor_without_an_engine_gives_its_enrolment_up_and_says_nothing(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        await scene.WorkAsync(new HonestRunner());
        scene.StartService();
        await scene.Ledger.WaitForAsync(TransactionKind.Stake, 5, cancellation);
        scene.Ledger.Mine();
        Assert.Multiple(() =>
        {
            Assert.That(StakeLedger.Get(scene.Ledger.View.State, scene.Me.Address).ToleranceClasses, Is.Empty);
            Assert.That(scene.Ledger.Sent(TransactionKind.CommitAudit), Is.Empty);
        });
    }

    [Test]
    public async Task A_worker_that_was_found_out_of_bounds_gives_the_job_up_and_says_so_once(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(
            validators: 3, job: SceneJob.Tolerance, change: static manifest => manifest with { UnitsPerRound = 2 });
        await scene.WorkAsync(new LyingRunner(LieKind.WrongUpdate, 7), units: 1);
        scene.StartService(options: Options());
        await AuditAsync(scene, AuditReveal.OutOfBounds(scene.Unit(0).AuditDigest), true, cancellation);
        Assert.That(scene.Unit(0).Lease.Worker, Is.EqualTo(Address.Zero), "the ledger leases no more to it");
        Assert.That(scene.Unit(1).Lease.Worker, Is.EqualTo(scene.WorkerSender.Key.Address), "what it had, it has");
        await using RunningWorker worker = scene.StartWorker(new WorkerOptions { Tolerance = ToleranceTestJob.Device(1), ResendAfterBlocks = 1 });
        TrainingException failure = await worker.Recorder.FirstFailure.WaitAsync(cancellation);
        for (int block = 0; block < 3; block++)
        {
            await worker.Idle.NextAsync(cancellation);
            scene.Ledger.Mine();
        }

        Assert.Multiple(() =>
        {
            Assert.That(failure.Message, Does.Contain("given up"));
            Assert.That(worker.Recorder.Failures, Has.Count.EqualTo(1));
            Assert.That(scene.Ledger.Sent(TransactionKind.CommitUnit), Has.Count.EqualTo(1), "the lie alone");
        });
    }

    [Test]
    public async Task An_auditor_whose_replay_fails_as_it_stops_closes_its_jobs_all_the_same(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3, job: SceneJob.Tolerance);
        await scene.WorkAsync(new HonestRunner());
        HookedEngine engine = new();
        scene.StartService(options: new AuditorOptions { Tolerance = engine }, onJudged: () =>
        {
            scene.CancelService();
            throw new InvalidOperationException("an observer");
        });
        Assert.That(async () => await scene.EndOfServiceAsync().WaitAsync(cancellation), Throws.InvalidOperationException);
        Assert.That((engine.Opens, engine.Closed), Is.EqualTo((1, 1)));
    }

    private static StakeAccount Worker(AuditScene scene) => StakeLedger.Get(scene.Ledger.View.State, scene.WorkerSender.Key.Address);

    private static AuditorOptions Options() => new() { Tolerance = ToleranceTestJob.Device(3) };

    private static async Task<AuditReveal> AuditAsync(AuditScene scene, Hash256 others, bool available, CancellationToken cancellation)
    {
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
        scene.OthersSay(TransactionKind.CommitAudit, 0, others, available);
        scene.Ledger.Mine();
        Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.AuditReveal));
        await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation);
        scene.OthersSay(TransactionKind.RevealAudit, 0, others, available);
        scene.Ledger.Mine();
        return AuditScene.VerdictIn(scene.Ledger.Sent(TransactionKind.RevealAudit)[0]);
    }
}
