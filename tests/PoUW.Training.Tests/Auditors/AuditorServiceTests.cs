using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Simulation.Faults;
using PoUW.Storage.Sqlite;
using PoUW.Training.Auditors;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;

namespace PoUW.Training.Tests.Auditors;

[TestFixture]
[CancelAfter(60_000)]
public sealed class AuditorServiceTests
{
    [Test]
    public async Task An_honest_unit_is_confirmed_and_accepted(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        UnitOutcome work = await scene.WorkAsync(new HonestRunner());
        scene.StartService();
        AuditReveal verdict = await AuditAsync(scene, cancellation);
        Assert.Multiple(() =>
        {
            Assert.That((verdict.RecordDigest, verdict.Available), Is.EqualTo((work.Record.Digest, true)));
            Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
            Assert.That(scene.Recorder.Judgements.Single().Verdict, Is.EqualTo(verdict));
            Assert.That(scene.Recorder.Rejections, Is.Empty);
        });
    }

    [TestCase(LieKind.OneLsb)]
    [TestCase(LieKind.SkipStep)]
    public async Task A_lie_is_found_and_its_worker_is_convicted(LieKind kind, CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        UnitOutcome work = await scene.WorkAsync(new LyingRunner(kind, 7));
        scene.StartService();
        AuditReveal verdict = await AuditAsync(scene, cancellation);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.RecordDigest, Is.Not.EqualTo(work.Record.Digest));
            Assert.That(verdict.Available, Is.True, "the false state is served, as its record says");
            Assert.That(StakeLedger.Get(scene.Ledger.View.State, scene.WorkerSender.Key.Address).BannedUntil, Is.GreaterThan(0UL));
        });
    }

    [Test]
    public async Task Tickets_on_the_true_operands_are_confirmed_and_their_bonus_is_minted(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(job: SceneJob.Work);
        scene.Win(1, 0, scene.OperandsOf(1, 0));
        scene.Win(0, 1, scene.OperandsOf(0, 1));
        UnitOutcome work = await scene.WorkAsync(new HonestRunner());
        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(scene.Ledger.View.State, scene.Unit(0).Lease.Id);
        scene.StartService();
        AuditReveal verdict = await AuditAsync(scene, cancellation);
        Amount before = scene.Ledger.View.State.Minted;
        scene.Ledger.Mine((int)scene.Ledger.Parameters.BonusVestingBlocks + 1);
        Assert.Multiple(() =>
        {
            Assert.That(wins.Select(win => (win.Step, win.Operation)), Is.EqualTo(new[] { (1UL, 0U), (0UL, 1U) }));
            Assert.That(verdict.RecordDigest, Is.EqualTo(scene.Unit(0).AuditDigest).And.Not.EqualTo(work.Record.Digest));
            Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
            Assert.That(scene.Ledger.View.State.Minted - before, Is.EqualTo(wins[0].Bonus + wins[1].Bonus).And.GreaterThan(Amount.Zero));
        });
    }

    [Test]
    public async Task Tickets_on_other_operands_convict_a_worker_whose_record_is_right(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(job: SceneJob.Work);
        scene.Win(0, 0, scene.OperandsOf(0, 0));
        scene.Win(1, 1, Hash256.Sha256("junk"u8));
        UnitOutcome work = await scene.WorkAsync(new HonestRunner());
        Amount before = scene.Ledger.View.State.Minted;
        scene.StartService();
        AuditReveal verdict = await AuditAsync(scene, cancellation);
        scene.Ledger.Mine((int)scene.Ledger.Parameters.BonusVestingBlocks + 1);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.RecordDigest, Is.Not.EqualTo(work.Record.Digest));
            Assert.That(JobLedger.Convictions(scene.Ledger.View.State, scene.Manifest.JobId).Single().Offence, Is.EqualTo(Offence.FalseRecord));
            Assert.That(scene.Ledger.View.State.Minted, Is.EqualTo(before), "not even the honest win earns a bonus");
        });
    }

    [Test]
    public async Task A_convicted_worker_waits_until_its_ban_is_over_and_stakes_again(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        await scene.WorkAsync(new LyingRunner(LieKind.OneLsb, 7));
        scene.StartService();
        await AuditAsync(scene, cancellation);
        Address convict = scene.WorkerSender.Key.Address;
        ulong until = StakeLedger.Get(scene.Ledger.View.State, convict).BannedUntil;
        await using RunningWorker worker = scene.StartWorker();
        while (scene.Ledger.View.Height + 1 < until)
        {
            await worker.Idle.NextAsync(cancellation);
            Assert.That(scene.Ledger.Sent(TransactionKind.Stake), Is.Empty);
            scene.Ledger.Mine();
        }

        await scene.Ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        scene.Ledger.Mine();
        StakeAccount stake = StakeLedger.Get(scene.Ledger.View.State, convict);
        Assert.That(stake.BannedUntil, Is.Zero);
        Assert.That(stake.Bonded, Is.GreaterThanOrEqualTo(scene.Ledger.Parameters.MinimumWorkerStake));
    }

    [Test]
    public async Task A_withheld_state_is_reported_after_a_few_tries(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        UnitOutcome work = await scene.WorkAsync(new LyingRunner(LieKind.Withhold, 7));
        scene.StartService(options: new AuditorOptions { FetchAttempts = 1 });
        AuditReveal verdict = await AuditAsync(scene, cancellation);
        Assert.That((verdict.RecordDigest, verdict.Available), Is.EqualTo((work.Record.Digest, false)));
    }

    [Test]
    public async Task An_auditor_that_restarts_between_commitment_and_opening_opens_what_it_committed(CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("pouw-auditor-").FullName;
        using SqliteKeyValueStore store = new(Path.Combine(folder, "node.db"));
        await using (AuditScene scene = await AuditScene.StartAsync(store: store))
        {
            await scene.WorkAsync(new HonestRunner());
            scene.StartService(seed: 1);
            await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
            await scene.StopServiceAsync();
            scene.Ledger.Mine();
            Hash256 committed = scene.Unit(0).Auditors.Single().Commitment;

            scene.StartService(seed: 2);
            AuditReveal verdict = AuditScene.VerdictIn((await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation)).Single());
            scene.Ledger.Mine();
            Assert.That(verdict.CommitmentFor(scene.Me.Address), Is.EqualTo(committed));
            Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
            Assert.That(scene.Recorder.Judgements, Is.Empty, "nothing was replayed twice");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Test]
    public async Task What_does_not_reach_a_block_is_sent_again_unchanged(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        await scene.WorkAsync(new HonestRunner());
        scene.Ledger.Stalled = true;
        scene.StartService(options: new AuditorOptions { ResendAfterBlocks = 2 });
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
        scene.Ledger.Mine(2);
        IReadOnlyList<Transaction> sent = await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 2, cancellation);
        Assert.That(sent[1].Body.Payload.ToArray(), Is.EqualTo(sent[0].Body.Payload.ToArray()));

        scene.Ledger.Stalled = false;
        scene.Ledger.Mine();
        await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation);
        scene.Ledger.Mine();
        Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
    }

    [Test]
    public async Task After_a_reorganisation_the_new_draw_gets_a_verdict_of_its_own(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        await scene.WorkAsync(new HonestRunner());
        ulong drawn = scene.Ledger.View.Height;
        scene.Ledger.Stalled = true;
        scene.StartService();
        Transaction first = (await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation)).Single();

        // The record goes into a later block of the other branch, so the draw is another one.
        scene.Ledger.Rewind(drawn - 2);
        scene.Ledger.Mine();
        scene.Ledger.Stalled = false;
        scene.Ledger.Mine(2);
        IReadOnlyList<Transaction> commits = await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 2, cancellation);
        Assert.That(commits[1].Body.Payload.ToArray(), Is.Not.EqualTo(first.Body.Payload.ToArray()), "another draw, another salt");

        scene.Ledger.Mine();
        Hash256 committed = scene.Unit(0).Auditors.Single().Commitment;
        AuditReveal verdict = AuditScene.VerdictIn((await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation)).Single());
        scene.Ledger.Mine();
        Assert.That(verdict.CommitmentFor(scene.Me.Address), Is.EqualTo(committed), "whichever commitment reached the chain is opened");
        Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted));
    }

    [Test]
    public async Task Several_duties_at_once_are_all_done(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(change: manifest => manifest with { TotalSteps = 12, UnitsPerRound = 3 });
        await scene.WorkAsync(new HonestRunner());
        scene.StartService();
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 3, cancellation);
        scene.Ledger.Mine();
        IReadOnlyList<Transaction> reveals = await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 3, cancellation);
        scene.Ledger.Mine();
        Assert.Multiple(() =>
        {
            Assert.That(reveals.Select(AuditScene.VerdictIn).Select(verdict => verdict.Unit), Is.EquivalentTo(new[] { 0UL, 1UL, 2UL }));
            Assert.That(reveals.Select(AuditScene.VerdictIn).Select(verdict => verdict.Salt).Distinct().Count(), Is.EqualTo(3));
            Assert.That(Enumerable.Range(0, 3).Select(unit => scene.Unit((ulong)unit).Phase), Is.All.EqualTo(UnitPhase.Accepted));
        });
    }

    [Test]
    public async Task Who_cannot_replay_does_not_vote_and_says_so(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(publishData: false);
        await scene.WorkAsync(new HonestRunner());
        scene.StartService(options: new AuditorOptions { ResendAfterBlocks = 1 });
        Assert.That((await scene.Recorder.FirstFailure.WaitAsync(cancellation)).Message, Does.Contain("program"));
        Assert.That(scene.Ledger.Sent(TransactionKind.CommitAudit), Is.Empty);

        scene.WorkerPeer.Loader.Publish(TestJob.Program);
        await scene.WorkerPeer.Loader.PublishAsync(TestJob.Data);
        scene.Ledger.Mine();
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
    }

    [Test]
    public async Task A_program_that_never_ends_holds_an_auditor_no_longer_than_the_time_for_commitments(CancellationToken cancellation)
    {
        const string Endless = """
            .slot input images int8 64 64
            .slot input labels uint8 64 1
            .slot input order.key uint8 32 1
            .slot state w int32 1 1
            .entry init 1 i
            .entry train 2 t
            .code
            i:
            halt
            t:
            jump t

            """;
        Assert.That(Assembler.TryParse(Endless, out VmProgram? program).IsValid, Is.True);
        await using AuditScene scene = await AuditScene.StartAsync(change: manifest => manifest with { ProgramHash = program!.Hash });
        scene.WorkerPeer.Loader.Publish(program!);
        scene.Claim(lease => new UnitRecord(
            lease.JobId, lease.Unit, lease.Attempt, Hash256.Zero, Hash256.Zero, Hash256.Zero, Hash256.Zero, 1, 1, 1));
        scene.StartService();
        scene.Ledger.Mine((int)scene.Ledger.Parameters.AuditCommitBlocks + 1);
        Assert.That((await scene.Recorder.FirstFailure.WaitAsync(cancellation)).Message, Does.Contain("time for commitments"));
        Assert.That(scene.Ledger.Sent(TransactionKind.CommitAudit), Is.Empty);
    }

    [Test]
    public async Task An_auditor_serves_its_own_copy_once_the_unit_is_accepted_and_not_before(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync(validators: 3);
        UnitOutcome work = await scene.WorkAsync(new LyingRunner(LieKind.Withhold, 7));
        scene.StartService(options: new AuditorOptions { FetchAttempts = 1 });
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
        scene.OthersSay(TransactionKind.CommitAudit, 0, work.Record.Digest);
        scene.Ledger.Mine();
        await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation);
        Assert.That(scene.Peer.Loader.Holds(work.Record.StateBlob), Is.False);

        scene.OthersSay(TransactionKind.RevealAudit, 0, work.Record.Digest);
        scene.Ledger.Mine();
        Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.Accepted), "the others saw the state");
        await scene.WaitUntilHeldAsync(work.Record.StateBlob, cancellation);
        Assert.That((await scene.WorkerPeer.Loader.LoadStateAsync(work.Record, cancellation)).Root, Is.EqualTo(work.End.Root));
    }

    [Test]
    public async Task It_stakes_only_if_its_options_say_so(CancellationToken cancellation)
    {
        await using AuditScene scene = await AuditScene.StartAsync();
        scene.StartService(options: new AuditorOptions { Stake = Amount.FromCoins(300) });
        await scene.WorkAsync(new HonestRunner());
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
        Assert.That(scene.Ledger.Sent(TransactionKind.Stake), Is.Empty, "it is a validator from genesis");
    }

    private static async Task<AuditReveal> AuditAsync(AuditScene scene, CancellationToken cancellation)
    {
        await scene.Ledger.WaitForAsync(TransactionKind.CommitAudit, 1, cancellation);
        scene.Ledger.Mine();
        Assert.That(scene.Unit(0).Phase, Is.EqualTo(UnitPhase.AuditReveal));
        AuditReveal verdict = AuditScene.VerdictIn((await scene.Ledger.WaitForAsync(TransactionKind.RevealAudit, 1, cancellation)).Single());
        scene.Ledger.Mine();
        return verdict;
    }
}
