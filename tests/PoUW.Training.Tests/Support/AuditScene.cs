using PoUW.Compute.Backends;
using PoUW.Compute.TileWork;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Network.Transports;
using PoUW.Training.Auditors;
using PoUW.Training.Execution;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Training.Workers;
using PoUW.Vm.Backends;

namespace PoUW.Training.Tests.Support;

/// <summary>
/// A client and a worker on one peer, played by the test step by step, and validators on peers of their own, of which the first runs the
/// production service. The ledger moves when the test says so.
/// </summary>
internal sealed class AuditScene : IAsyncDisposable
{
    private readonly InMemoryTransport _transport = new(new InMemoryNetwork());
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<Address, KeyPair> _validators;
    private readonly KeyPair _client = Key("client");
    private readonly KeyPair _worker = Key("worker");
    private Task _service = Task.CompletedTask;
    private CancellationTokenSource _serviceStopping = new();

    private readonly SceneJob _job;

    private AuditScene(int validators, Func<JobManifest, JobManifest> change, SceneJob job)
    {
        _job = job;
        _validators = Enumerable.Range(0, validators).Select(i => Key($"validator-{i}")).ToDictionary(key => key.Address);
        Me = Key("validator-0");
        NetworkParameters parameters = NetworkParameters.Development with
        {
            BanBlocks = 5,
            Allocations =
            [
                .. _validators.Keys.Append(_client.Address).Append(_worker.Address)
                    .Select(address => new GenesisAllocation(address, Amount.FromCoins(1_000))),
            ],
            Stakes =
            [
                new GenesisStake(_worker.Address, Amount.FromCoins(50), StakeRoles.Worker),
                .. _validators.Keys.Select(address => new GenesisStake(address, Amount.FromCoins(200), StakeRoles.Validator)),
            ],
        };
        Ledger = new TestLedger(parameters);
        Manifest = change(job.Manifest(_client.Address) with { AuditorsPerUnit = (ulong)validators });
        WorkerSender = new AccountSender(_worker, Ledger);
    }

    public TestLedger Ledger { get; }

    public JobManifest Manifest { get; }

    public KeyPair Me { get; }

    public AccountSender WorkerSender { get; }

    public TestPeer WorkerPeer { get; private set; } = null!;

    public TestPeer Peer { get; private set; } = null!;

    public AuditRecorder Recorder { get; private set; } = new();

    /// <summary>Lets the worker commit any record for its first lease, and mines until the auditors are drawn.</summary>
    public void Claim(Func<Lease, UnitRecord> record)
    {
        WorkerSender.Send(TransactionKind.CommitUnit, record(JobLedger.LeasesOf(Ledger.View.State, _worker.Address)[0]).Encode());
        Ledger.Mine(2);
        Assert.That(Unit(0).Phase, Is.EqualTo(UnitPhase.AuditCommit));
    }

    public static KeyPair Key(string name) => KeyPair.Generate(new SeededRandomSource(42, name));

    /// <summary>Starts the peers and submits a job, by default the tiny one; of lane T after all accounts have enrolled.</summary>
    public static async Task<AuditScene> StartAsync(
        int validators = 1, Func<JobManifest, JobManifest>? change = null, bool publishData = true, IKeyValueStore? store = null, SceneJob? job = null)
    {
        AuditScene scene = new(validators, change ?? (manifest => manifest), job ?? SceneJob.Tiny);
        scene.WorkerPeer = await TestPeer.StartAsync("worker", scene._transport);
        scene.Peer = await TestPeer.StartAsync("auditor", scene._transport, store, scene.WorkerPeer);
        if (publishData)
        {
            await scene._job.PublishAsync(scene.WorkerPeer.Loader);
        }

        if (scene.Manifest.IsTolerance)
        {
            scene.Enrol();
        }

        byte[] submission = new SubmitJobPayload(scene.Manifest, scene.Manifest.TotalPrice + Amount.FromCoins(scene._job.WorkBudget)).Encode();
        new AccountSender(scene._client, scene.Ledger).Send(TransactionKind.SubmitJob, submission);
        scene.Ledger.Mine();
        return scene;
    }

    /// <summary>A ticket of the worker's lease on an operation wins a block; its certificate names some operands.</summary>
    public void Win(ulong step, uint operation, Hash256 operands)
    {
        Lease lease = JobLedger.LeasesOf(Ledger.View.State, _worker.Address)[0];
        Ledger.MineBound(new BoundClaim(lease.JobId, lease.Unit, lease.Attempt, step, operation), _worker.Address, operands);
    }

    /// <summary>The digest of the operands that an operation of the worker's lease really has.</summary>
    public Hash256 OperandsOf(ulong step, uint operation)
    {
        OperandRecorder recorder = new(new CpuBackend());
        recorder.Watch([(step, operation)]);
        IUnitExecutor executor = Executor(recorder);
        Lease lease = JobLedger.LeasesOf(Ledger.View.State, _worker.Address)[0];
        UnitReplay.Run(Manifest, executor, executor.InitialState(CancellationToken.None), lease, Hash256.Zero, CancellationToken.None);
        return recorder.DigestOf(step, operation);
    }

    public UnitState Unit(ulong unit) => JobLedger.GetUnit(Ledger.View.State, Manifest.JobId, unit)!;

    /// <summary>Does the worker's open units, or the first few, and mines until the auditors are drawn.</summary>
    public async Task<UnitOutcome> WorkAsync(IUnitRunner runner, int units = int.MaxValue)
    {
        IUnitExecutor executor = Executor(new CpuBackend());
        ModelState start = executor.InitialState(CancellationToken.None);
        UnitOutcome? last = null;
        foreach (Lease lease in JobLedger.LeasesOf(Ledger.View.State, _worker.Address).Take(units))
        {
            last = runner.Run(executor, start, lease, Manifest, Hash256.Zero, CancellationToken.None);
            if (last.Publish)
            {
                await WorkerPeer.Loader.PublishAsync(last.End);
            }

            WorkerSender.Send(TransactionKind.CommitUnit, last.Record.Encode());
        }

        Ledger.Mine(2);
        Assert.That(Unit(0).Phase, Is.EqualTo(UnitPhase.AuditCommit));
        return last!;
    }

    /// <summary>Starts the production service for the first validator; the seed decides its salts.</summary>
    public void StartService(ulong seed = 1, AuditorOptions? options = null, Action? onJudged = null)
    {
        _serviceStopping = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        Recorder = new AuditRecorder { OnJudged = onJudged ?? (static () => { }) };
        AuditorService service = new(
            new AccountSender(Me, Ledger), Ledger, Peer.Loader, new JobJournal(Peer.Store), new CpuBackend(), new SeededRandomSource(seed, "salt"),
            Peer.Spawner, Recorder, options ?? new AuditorOptions());
        _service = service.RunAsync(_serviceStopping.Token);
    }

    /// <summary>Starts the production worker service for the worker's account.</summary>
    public RunningWorker StartWorker(WorkerOptions? options = null) => new(new(), new(), (recorder, idle) => new WorkerService(
        new AccountSender(_worker, Ledger), Ledger, WorkerPeer.Loader, new JobJournal(WorkerPeer.Store), new CpuBackend(), new HonestRunner(), idle,
        WorkerPeer.Spawner, recorder, options ?? new WorkerOptions(), TimeProvider.System));

    public async Task StopServiceAsync()
    {
        CancelService();
        await EndOfServiceAsync();
    }

    public void CancelService() => _serviceStopping.Cancel();

    /// <summary>Waits for the service; fails as it did.</summary>
    public async Task EndOfServiceAsync()
    {
        Task ended = _service;
        _service = Task.CompletedTask;
        await ended;
    }

    /// <summary>Lets the other validators commit to, or open, a verdict on a unit.</summary>
    public void OthersSay(TransactionKind kind, ulong unit, Hash256 digest, bool available = true)
    {
        foreach (KeyPair key in _validators.Values.Where(key => key.Address != Me.Address))
        {
            AuditReveal reveal = new(Manifest.JobId, unit, 0, digest, available, Hash256.Sha256(key.Address.ToArray()));
            byte[] commit = new AuditCommit(
                reveal.JobId, unit, 0, JobLedger.GetUnit(Ledger.View.State, reveal.JobId, unit)!.AuditDigest, reveal.CommitmentFor(key.Address)).Encode();
            new AccountSender(key, Ledger).Send(kind, kind == TransactionKind.CommitAudit ? commit : reveal.Encode());
        }
    }

    /// <summary>Waits until the auditor's peer holds a state; the loop looks at every change of the head, so blocks are mined.</summary>
    public async Task WaitUntilHeldAsync(Hash256 stateBlob, CancellationToken cancellation)
    {
        while (!Peer.Loader.Holds(stateBlob))
        {
            cancellation.ThrowIfCancellationRequested();
            Ledger.Mine();
            await Task.Yield();
        }
    }

    /// <summary>The verdict that a sent opening holds.</summary>
    public static AuditReveal VerdictIn(PoUW.Core.Transactions.Transaction transaction)
    {
        Assert.That(AuditReveal.TryDecode(transaction.Body.Payload.Span, out AuditReveal? reveal).IsValid, Is.True);
        return reveal!;
    }

    private IUnitExecutor Executor(ITensorBackend backend) => _job.Executor(Manifest, backend);

    private void Enrol()
    {
        foreach (KeyPair key in _validators.Values.Append(_worker))
        {
            StakeRoles role = key == _worker ? StakeRoles.Worker : StakeRoles.Validator;
            new AccountSender(key, Ledger).Send(
                TransactionKind.Stake, new StakePayload(role, Amount.Zero, [Manifest.ToleranceClass]).Encode());
        }

        Ledger.Mine();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _service;
        await Peer.DisposeAsync();
        await WorkerPeer.DisposeAsync();
    }
}
