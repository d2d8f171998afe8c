using PoUW.Compute.Backends;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Network.Transports;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Training.Tests.Support;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Workers;

/// <summary>A worker begins a unit when its bound tickets can win: not before the lease is deep and its schedule near, and never too long after.</summary>
[TestFixture]
[CancelAfter(60_000)]
public sealed class ScheduleWaitTests
{
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());
    private readonly KeyPair _client = AuditScene.Key("client");
    private readonly KeyPair _worker = AuditScene.Key("worker");
    private TestLedger _ledger = null!;
    private JobManifest _manifest = null!;
    private SteppingClock _clock = null!;

    [SetUp]
    public void Start()
    {
        _ledger = new TestLedger(NetworkParameters.Development with
        {
            Allocations = [new GenesisAllocation(_client.Address, Amount.FromCoins(100))],
            Stakes = [new GenesisStake(_worker.Address, Amount.FromCoins(50), StakeRoles.Worker)],
        });
        _manifest = WorkJob.Manifest(_client.Address);
        _clock = new SteppingClock();
    }

    [OneTimeTearDown]
    public void DisposeKeys()
    {
        _client.Dispose();
        _worker.Dispose();
    }

    [Test]
    public async Task It_mines_until_the_lease_is_deep_and_its_schedule_begins(CancellationToken cancellation)
    {
        WorkLease lease = Submit(Amount.FromCoins(10));
        Assert.That(lease.Schedule.HasStarted, Is.False);

        // Blocks of the test ledger are a second apart from the epoch on: as early as the block that makes the lease deep.
        _clock.NowMs = 1_000 * (lease.GrantedHeight + LeaseView.MinDepth);
        await using TestPeer peer = await StartPeerAsync();
        await using RunningWorker worker = Run(peer, waitBlocks: 60);
        await MineIdlyAsync(worker, (int)LeaseView.MinDepth, cancellation);
        WorkSchedule schedule = WorkLedger.FindLease(_ledger.View.State, lease.Id)!.Schedule;
        Assert.That(_clock.NowMs, Is.EqualTo(schedule.EarliestBlockMs(0) - schedule.LeadMs - 1));
        await worker.Idle.NextAsync(cancellation);
        await worker.Idle.NextAsync(cancellation);
        Assert.That(_ledger.Sent(TransactionKind.CommitUnit), Is.Empty, "deep enough, but a millisecond too early");

        _clock.NowMs++;
        await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
    }

    [Test]
    public async Task It_begins_when_it_has_waited_long_enough(CancellationToken cancellation)
    {
        Submit(Amount.FromCoins(10));
        _clock.NowMs = 1_000_000;
        await using TestPeer peer = await StartPeerAsync();
        await using RunningWorker worker = Run(peer, waitBlocks: 2);
        await worker.Idle.NextAsync(cancellation);
        Assert.That(_ledger.Sent(TransactionKind.CommitUnit), Is.Empty, "the lease is not deep enough, however late it is");
        _clock.NowMs += 2 * _ledger.Parameters.BlockTimeMilliseconds;
        await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
    }

    [TestCase(0UL, 10UL, TestName = "It does not wait if its options say so")]
    [TestCase(60UL, 0UL, TestName = "It does not wait for a lease without bound tickets")]
    public async Task It_does_not_wait(ulong waitBlocks, ulong budget, CancellationToken cancellation)
    {
        Submit(Amount.FromCoins(budget));
        await using TestPeer peer = await StartPeerAsync();
        await using RunningWorker worker = Run(peer, waitBlocks);
        await _ledger.WaitForAsync(TransactionKind.CommitUnit, 1, cancellation);
    }

    private async Task MineIdlyAsync(RunningWorker worker, int blocks, CancellationToken cancellation)
    {
        for (int i = 0; i < blocks; i++)
        {
            await worker.Idle.NextAsync(cancellation);
            _ledger.Mine();
        }
    }

    private WorkLease Submit(Amount budget)
    {
        byte[] payload = new SubmitJobPayload(_manifest, _manifest.TotalPrice + budget).Encode();
        new AccountSender(_client, _ledger).Send(TransactionKind.SubmitJob, payload);
        _ledger.Mine();
        Lease lease = JobLedger.LeasesOf(_ledger.View.State, _worker.Address)[0];
        WorkLease? work = WorkLedger.FindLease(_ledger.View.State, lease.Id);
        Assert.That(work is null, Is.EqualTo(budget == Amount.Zero));
        return work!;
    }

    private async Task<TestPeer> StartPeerAsync()
    {
        TestPeer peer = await TestPeer.StartAsync("worker", _transport);
        peer.Loader.Publish(WorkJob.Model.Program.Program);
        await peer.Loader.PublishAsync(WorkJob.Data);
        return peer;
    }

    private RunningWorker Run(TestPeer peer, ulong waitBlocks) => new(new(), new(), (recorder, idle) => new WorkerService(
        new AccountSender(_worker, _ledger), _ledger, peer.Loader, new JobJournal(peer.Store), new CpuBackend(), new HonestRunner(), idle, peer.Spawner,
        recorder, new WorkerOptions { ScheduleWaitBlocks = waitBlocks }, _clock));
}
