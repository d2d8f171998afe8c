using PoUW.Compute.Backends;
using PoUW.Compute.Modules;
using PoUW.Compute.Tolerance;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Network.Transports;
using PoUW.Training.Auditors;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Workers;

[TestFixture]
[CancelAfter(60_000)]
public sealed class WorkerServiceTests
{
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());
    private readonly KeyPair _client = AuditScene.Key("client");
    private readonly KeyPair _worker = AuditScene.Key("worker");
    private InMemoryKeyValueStore _store = null!;
    private TestLedger _ledger = null!;
    private JobManifest _manifest = null!;

    /// <summary>With the three validators without whom no unit of lane T is leased; they are silent.</summary>
    [SetUp]
    public void Start()
    {
        _store = new InMemoryKeyValueStore();
        NetworkParameters parameters = NetworkParameters.Development with
        {
            Allocations =
            [
                new GenesisAllocation(_client.Address, Amount.FromCoins(100)), new GenesisAllocation(_worker.Address, Amount.FromCoins(100)),
            ],
            Stakes =
            [
                .. Enumerable.Range(0, 3)
                    .Select(i => new GenesisStake(Address.ForModule("test-validator", [(byte)i]), Amount.FromCoins(200), StakeRoles.Validator)),
            ],
        };
        _ledger = new TestLedger(parameters, ToleranceTestJob.Program.Class.Id);
        _manifest = TestJob.Manifest(_client.Address);
    }

    [TearDown]
    public void Stop() => _store.Dispose();

    [OneTimeTearDown]
    public void DisposeKeys()
    {
        _client.Dispose();
        _worker.Dispose();
    }

    [Test]
    public async Task A_worker_stakes_trains_and_after_a_restart_commits_the_same_record_without_training(CancellationToken cancellation)
    {
        await using (TestPeer peer = await StartPeerAsync("first"))
        {
            await using RunningWorker worker = Run(peer, new HonestRunner());
            await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
            _ledger.Mine();
            Assert.That(StakeLedger.Get(_ledger.View.State, _worker.Address).Bonded, Is.EqualTo(_ledger.Parameters.MinimumWorkerStake));
            Submit();
            _ledger.Stalled = true;
            await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
        }

        await using TestPeer restarted = await StartPeerAsync("second");
        await using RunningWorker again = Run(restarted, new RefusingRunner());
        IReadOnlyList<Transaction> sent = await _ledger.WaitForAsync(TransactionKind.CommitUnit, 2, cancellation);
        Assert.That(sent[1].Body.Payload.ToArray(), Is.EqualTo(sent[0].Body.Payload.ToArray()));
        UnitRecord.TryDecode(sent[0].Body.Payload.Span, out UnitRecord? record);
        Assert.That(restarted.Loader.Holds(record!.StateBlob), Is.True);
    }

    [Test]
    public async Task A_worker_enrols_for_what_its_engine_trains_does_a_unit_of_it_and_without_the_engine_enrols_no_more(CancellationToken cancellation)
    {
        _manifest = ToleranceTestJob.Manifest(_client.Address);
        await using TestPeer peer = await StartPeerAsync("first");
        peer.Loader.Publish(ToleranceTestJob.Program);
        await using (RunningWorker worker = Run(peer, new HonestRunner(), new WorkerOptions { Tolerance = ToleranceTestJob.Device(1) }))
        {
            await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
            _ledger.Mine();
            Assert.That(Stake.ToleranceClasses, Is.EqualTo(new[] { _manifest.ToleranceClass }));
            Submit();
            IReadOnlyList<Transaction> sent = await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
            UnitRecord.TryDecode(sent[0].Body.Payload.Span, out UnitRecord? record);
            Assert.That((record!.Samples, peer.Loader.Holds(record.StateBlob)), Is.EqualTo((64UL, true)));
            Assert.That(_ledger.Sent(TransactionKind.Stake), Has.Count.EqualTo(1));
        }

        await using RunningWorker without = Run(peer, new HonestRunner());
        await _ledger.WaitForAsync(TransactionKind.Stake, 2, cancellation);
        _ledger.Mine();
        Assert.That(Stake.ToleranceClasses, Is.Empty);
        Assert.That(Stake.Bonded, Is.EqualTo(_ledger.Parameters.MinimumWorkerStake));
    }

    [Test]
    public async Task Before_lane_t_is_active_nobody_enrols(CancellationToken cancellation)
    {
        _ledger = new TestLedger(_ledger.Parameters with { Upgrades = [.. _ledger.Parameters.Upgrades.Take(2), new(NetworkUpgrade.ToleranceJobs, 5)] });
        await using TestPeer peer = await StartPeerAsync("first");
        await using RunningWorker worker = Run(peer, new HonestRunner(), new WorkerOptions { Tolerance = ToleranceTestJob.Device(1), ResendAfterBlocks = 1 });
        await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        _ledger.Mine(3);
        Assert.That((Stake.Roles, Stake.ToleranceClasses.Count), Is.EqualTo((StakeRoles.Worker, 0)));
        _ledger.Mine();
        await _ledger.WaitForAsync(TransactionKind.Stake, 2, cancellation);
        _ledger.Mine();
        Assert.That(Stake.ToleranceClasses, Is.EqualTo(new[] { ToleranceTestJob.Program.Class.Id }));
    }

    [Test]
    public async Task A_record_that_contradicts_the_journal_is_not_sent(CancellationToken cancellation)
    {
        await using TestPeer peer = await StartPeerAsync("first");
        UnitRecord promised = new(_manifest.JobId, 0, 0, Hash256.Zero, Hash256.Zero, Hash256.Zero, Hash256.Sha256("not here"u8), 1, 1, 1);
        new JobJournal(_store).Add(promised);
        await using RunningWorker worker = Run(peer, new HonestRunner());
        await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        _ledger.Mine();
        Submit();
        TrainingException failure = await worker.Recorder.FirstFailure.WaitAsync(cancellation);
        Assert.That(failure.Message, Does.Contain("journal"));
        Assert.That(_ledger.Sent(TransactionKind.CommitUnit), Is.Empty);
    }

    [Test]
    public async Task A_lost_state_of_lane_t_is_made_again_with_other_bits(CancellationToken cancellation)
    {
        _manifest = ToleranceTestJob.Manifest(_client.Address);
        await using TestPeer peer = await StartPeerAsync("first");
        peer.Loader.Publish(ToleranceTestJob.Program);
        UnitRecord lost = new(_manifest.JobId, 0, 0, Hash256.Zero, Hash256.Zero, Hash256.Zero, Hash256.Sha256("not here"u8), 1, 1, 1);
        JobJournal journal = new(_store);
        journal.Add(lost);
        await using RunningWorker worker = Run(peer, new HonestRunner(), new WorkerOptions { Tolerance = ToleranceTestJob.Device(1) });
        await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        _ledger.Mine();
        Submit();
        IReadOnlyList<Transaction> sent = await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
        UnitRecord.TryDecode(sent[0].Body.Payload.Span, out UnitRecord? record);
        Assert.Multiple(() =>
        {
            Assert.That(peer.Loader.Holds(record!.StateBlob), Is.True);
            Assert.That(journal.FindRecord(_manifest.JobId, 0, 0, Hash256.Zero), Is.EqualTo(record).And.Not.EqualTo(lost));
            Assert.That(worker.Recorder.Failures, Is.Empty);
        });
    }

    [Test]
    public async Task A_job_that_this_node_cannot_do_is_given_up_and_told_once(CancellationToken cancellation)
    {
        _manifest = ToleranceTestJob.Manifest(_client.Address);
        HookedEngine engine = new() { OnRun = static () => throw new IndexOutOfRangeException("no such shape") };
        await using TestPeer peer = await StartPeerAsync("first");
        peer.Loader.Publish(ToleranceTestJob.Program);
        await using (RunningWorker worker = Run(peer, new HonestRunner(), new WorkerOptions { Tolerance = engine, ResendAfterBlocks = 1 }))
        {
            await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
            _ledger.Mine();
            Submit();
            TrainingException failure = await worker.Recorder.FirstFailure.WaitAsync(cancellation);
            for (int block = 0; block < 3; block++)
            {
                await worker.Idle.NextAsync(cancellation);
                _ledger.Mine();
            }

            Assert.That(failure.Message, Does.Contain("IndexOutOfRangeException").And.Contain("given up"));
            Assert.That((worker.Recorder.Failures.Count, engine.Runs), Is.EqualTo((1, 1)));
        }

        Assert.That((engine.Opens, engine.Closed), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task A_job_that_takes_long_to_open_holds_nobody_up_and_is_opened_once(CancellationToken cancellation)
    {
        _manifest = ToleranceTestJob.Manifest(_client.Address);
        using ManualResetEventSlim gate = new();
        HookedEngine engine = new() { OnOpen = () => gate.Wait(cancellation) };
        await using TestPeer peer = await StartPeerAsync("first");
        peer.Loader.Publish(ToleranceTestJob.Program);
        await using (RunningWorker worker = Run(peer, new HonestRunner(), new WorkerOptions { Tolerance = engine }))
        {
            await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
            _ledger.Mine();
            Submit();
            await engine.FirstOpen.WaitAsync(cancellation);
            _ledger.Mine((int)_ledger.Parameters.LeaseBlocks + 1);
            TrainingException failure = await worker.Recorder.FirstFailure.WaitAsync(cancellation);
            gate.Set();
            await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
            Assert.That(failure.Message, Does.Contain("lease was over"));
            Assert.That(engine.Opens, Is.EqualTo(1));
        }

        Assert.That(engine.Closed, Is.EqualTo(1));
    }

    [Test]
    public async Task A_stake_that_has_fallen_below_what_another_role_needs_is_filled_up(CancellationToken cancellation)
    {
        Amount least = _ledger.Parameters.MinimumValidatorStake;
        _ledger = StakedFor(StakeRoles.Worker | StakeRoles.Validator, least - Amount.FromBaseUnits(7));
        await using TestPeer peer = await StartPeerAsync("first");
        await using RunningWorker worker = Run(peer, new HonestRunner());
        await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        _ledger.Mine();
        Assert.That((Stake.Roles, Stake.Bonded), Is.EqualTo((StakeRoles.Worker | StakeRoles.Validator, least)));
    }

    [Test]
    public async Task An_auditor_that_leaves_staking_to_others_says_once_that_the_stake_has_become_too_small(CancellationToken cancellation)
    {
        Amount least = _ledger.Parameters.MinimumValidatorStake;
        Amount fined = least - Amount.FromBaseUnits(7);
        _ledger = StakedFor(StakeRoles.Validator, fined);
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using TestPeer peer = await StartPeerAsync("first");
        AuditRecorder heard = new();
        Task auditor = AuditorOf(peer, new AccountSender(_worker, _ledger), heard, ToleranceTestJob.Device(1)).RunAsync(stopping.Token);
        await heard.FirstLack.WaitAsync(cancellation);
        _ledger.Mine(5);
        await stopping.CancelAsync();
        await auditor;
        Assert.That(heard.Lacks, Is.EqualTo(new[] { (fined, least) }));
        Assert.That(_ledger.Sent(TransactionKind.Stake), Is.Empty, "an enrolment would be refused");
    }

    [Test]
    public async Task Two_keepers_of_one_account_enrol_it_once_for_the_same_and_stake_nothing_twice(CancellationToken cancellation)
    {
        Amount least = _ledger.Parameters.MinimumValidatorStake;
        _ledger = StakedFor(StakeRoles.Worker | StakeRoles.Validator, least);
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        AccountSender sender = new(_worker, _ledger);
        await using TestPeer peer = await StartPeerAsync("first");
        AuditRecorder heard = new();
        Task auditor = AuditorOf(peer, sender, heard, ToleranceTestJob.Device(1)).RunAsync(stopping.Token);
        await using RunningWorker worker = new(new(), new(), (recorder, idle) => WorkerOf(peer, sender, recorder, idle, ToleranceTestJob.Device(2)));
        await _ledger.WaitForAsync(TransactionKind.Stake, 1, cancellation);
        for (int block = 0; block < 10; block++)
        {
            _ledger.Mine();
            await worker.Idle.NextAsync(cancellation);
        }

        await stopping.CancelAsync();
        await auditor;
        Assert.Multiple(() =>
        {
            Assert.That((Stake.Bonded, Stake.ToleranceClasses.Single()), Is.EqualTo((least, ToleranceTestJob.Program.Class.Id)));
            Assert.That(_ledger.Sent(TransactionKind.Stake), Has.Count.LessThanOrEqualTo(2), "one of each");
            Assert.That(heard.Lacks, Is.Empty);
        });
    }

    [Test]
    public async Task An_engine_of_more_classes_than_a_stake_holds_is_refused_at_once()
    {
        ReproducibleEngine nine = new("fp32", Enumerable.Range(1, 9).ToDictionary(static i => $"m-{i}", static _ => new Func<Module>(static () => new Linear(64, 4))));
        ReproducibleEngine eight = new("fp32", Enumerable.Range(1, 8).ToDictionary(static i => $"m-{i}", static _ => new Func<Module>(static () => new Linear(64, 4))));
        await using TestPeer peer = await StartPeerAsync("first");
        AccountSender sender = new(_worker, _ledger);
        Assert.Multiple(() =>
        {
            Assert.That(() => WorkerOf(peer, sender, new(), new(), nine), Throws.ArgumentException.With.Message.Contains("Tolerance").And.Message.Contains("8"));
            Assert.That(() => AuditorOf(peer, sender, new(), nine), Throws.ArgumentException.With.Message.Contains("Tolerance").And.Message.Contains("8"));
            Assert.That(() => WorkerOf(peer, sender, new(), new(), eight), Throws.Nothing);
        });
    }

    [Test]
    public async Task A_worker_without_coins_does_not_try_to_stake(CancellationToken cancellation)
    {
        _ledger = new TestLedger(_ledger.Parameters with { Allocations = [new GenesisAllocation(_worker.Address, Amount.FromCoins(20))] });
        await using TestPeer peer = await StartPeerAsync("first");
        await using RunningWorker worker = Run(peer, new HonestRunner());
        for (int block = 0; block < 3; block++)
        {
            await worker.Idle.NextAsync(cancellation);
            _ledger.Mine();
        }

        Assert.That(_ledger.Sent(TransactionKind.Stake), Is.Empty, "the minimum is there, the fee is not");
    }

    private StakeAccount Stake => StakeLedger.Get(_ledger.View.State, _worker.Address);

    private void Submit()
    {
        new AccountSender(_client, _ledger).Send(TransactionKind.SubmitJob, new SubmitJobPayload(_manifest, _manifest.TotalPrice).Encode());
        _ledger.Mine();
    }

    private async Task<TestPeer> StartPeerAsync(string name)
    {
        TestPeer peer = await TestPeer.StartAsync(name, _transport, _store);
        peer.Loader.Publish(TestJob.Program);
        await peer.Loader.PublishAsync(TestJob.Data);
        return peer;
    }

    private TestLedger StakedFor(StakeRoles roles, Amount stake) =>
        new(_ledger.Parameters with { Stakes = [new GenesisStake(_worker.Address, stake, roles)] });

    private AuditorService AuditorOf(TestPeer peer, AccountSender sender, AuditRecorder recorder, IToleranceEngine engine) => new(
        sender, _ledger, peer.Loader, new JobJournal(_store), new CpuBackend(), new SeededRandomSource(1, "salt"), peer.Spawner, recorder,
        new AuditorOptions { Tolerance = engine });

    private WorkerService WorkerOf(TestPeer peer, AccountSender sender, WorkerRecorder recorder, SignallingIdleWork idle, IToleranceEngine engine) => new(
        sender, _ledger, peer.Loader, new JobJournal(_store), new CpuBackend(), new HonestRunner(), idle, peer.Spawner, recorder,
        new WorkerOptions { Tolerance = engine }, TimeProvider.System);

    private RunningWorker Run(TestPeer peer, IUnitRunner runner, WorkerOptions? options = null) => new(new(), new(), (recorder, idle) => new WorkerService(
        new AccountSender(_worker, _ledger), _ledger, peer.Loader, new JobJournal(_store), new CpuBackend(), runner, idle, peer.Spawner, recorder,
        options ?? new WorkerOptions(), TimeProvider.System));
}
