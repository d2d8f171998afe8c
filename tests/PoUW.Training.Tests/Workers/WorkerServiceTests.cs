using PoUW.Compute.Backends;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Network.Transports;
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

    private RunningWorker Run(TestPeer peer, IUnitRunner runner, WorkerOptions? options = null) => new(new(), new(), (recorder, idle) => new WorkerService(
        new AccountSender(_worker, _ledger), _ledger, peer.Loader, new JobJournal(_store), new CpuBackend(), runner, idle, peer.Spawner, recorder,
        options ?? new WorkerOptions(), TimeProvider.System));
}
