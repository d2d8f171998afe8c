using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.TileWork;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Sdk.Mining;
using PoUW.Sdk.Nodes;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>
/// One worker, one client and one auditor on the production chain with the production rules, at a target at which every product wins one block, bound or
/// not. The clock stands where the test puts it, so everything is decided by the test.
/// </summary>
internal sealed class LaneScene : IDisposable
{
    /// <summary>Slow enough that the operations of a unit are further apart than the lead.</summary>
    public const ulong MacsPerSecond = 200_000_000;

    public const ulong BlockMs = 1_000;

    private static readonly Dataset Data = SyntheticImages.Create(classes: 4, count: 512, side: 28, seed: 5);
    private static readonly CompiledModel Model = Compile();

    private readonly InMemoryKeyValueStore _store = new();
    private readonly CommonsMiner _commons;
    private readonly NodeLedger _ledger;
    private readonly AccountSender _clientSender;
    private readonly AccountSender _workerSender;
    private readonly AccountSender _auditorSender;

    public LaneScene(ulong leaseBlocks = 30)
    {
        Parameters = NetworkParameters.Development with
        {
            BlockTimeMilliseconds = BlockMs,
            BonusVestingBlocks = 4,
            LeaseBlocks = leaseBlocks,
            Commons = new CommonsProduct(32, 512, 32, 1),
            Allocations = [new GenesisAllocation(Client.Address, Amount.FromCoins(10_000)), new GenesisAllocation(Auditor.Address, Amount.FromCoins(1))],
            Stakes =
            [
                new GenesisStake(Worker.Address, Amount.FromCoins(50), StakeRoles.Worker),
                new GenesisStake(Auditor.Address, Amount.FromCoins(200), StakeRoles.Validator),
            ],
        };
        Clock = new ManualTime(Parameters.GenesisTimeMilliseconds + BlockMs);
        LeaseView leases = new(Parameters);
        Chain = new BlockChain(new BlockChainOptions
        {
            Store = _store,
            Parameters = Parameters,
            WorkVerifier = new TileWorkVerifier(new NetworkRules(Parameters)),
            Difficulty = new EasyDifficulty(),
            Modules = NodeModules.Create(Parameters, new Secp256k1Scheme()),
            Leases = leases,
            Time = Clock,
        });
        TransactionPool pool = new(Chain, new MempoolOptions());
        Producer = new BlockProducer(Chain, leases, pool, Worker, Clock, Blocks.Add);
        Source = new ObservedSource(Producer);
        _ledger = new NodeLedger(Chain, pool, _ => Producer.Invalidate());
        Chain.Subscribe(pool);
        Chain.Subscribe(Producer);
        Chain.Subscribe(_ledger);
        _clientSender = new AccountSender(Client, _ledger);
        _workerSender = new AccountSender(Worker, _ledger);
        _auditorSender = new AccountSender(Auditor, _ledger);
        Backend = new TileWorkBackend(new CpuBackend(), Source, Producer);
        _commons = new CommonsMiner(Parameters.Commons, Producer, Producer);
        Manifest = CreateManifest();
    }

    public KeyPair Client { get; } = Nodes.TestNetwork.Key("client");

    public KeyPair Worker { get; } = Nodes.TestNetwork.Key("worker-1");

    public KeyPair Auditor { get; } = Nodes.TestNetwork.Key("auditor");

    public NetworkParameters Parameters { get; }

    public ManualTime Clock { get; }

    public BlockChain Chain { get; }

    public BlockProducer Producer { get; }

    public ObservedSource Source { get; }

    public TileWorkBackend Backend { get; }

    public JobManifest Manifest { get; }

    public List<Block> Blocks { get; } = [];

    public IStateReader State => _ledger.View.State;

    public Lease Lease => JobLedger.LeasesOf(State, Worker.Address)[0];

    public WorkLease WorkLease => WorkLedger.FindLease(State, Lease.Id)!;

    /// <summary>Submits the job, and mines until the worker's lease may be claimed from: its schedule starts at the end of that block.</summary>
    public void StartJob(ulong betweenBlocksMs = 200)
    {
        GrantLease();
        while (Chain.Head.Height < Lease.StartHeight + LeaseView.MinDepth)
        {
            Mine(betweenBlocksMs);
        }
    }

    /// <summary>Submits the job, and mines the block that grants the worker's lease.</summary>
    public void GrantLease()
    {
        Amount escrow = Manifest.TotalPrice + Amount.FromCoins(5_000);
        Send(_clientSender, TransactionKind.SubmitJob, new SubmitJobPayload(Manifest, escrow).Encode());
        Mine();
        Assert.That(JobLedger.LeasesOf(State, Worker.Address), Has.Count.EqualTo(1));
    }

    /// <summary>Mines one unbound block after some time.</summary>
    public void Mine(ulong aheadMs = BlockMs)
    {
        Clock.NowMs += aheadMs;
        ulong height = Chain.Head.Height;
        while (Chain.Head.Height == height)
        {
            _commons.RunOnce();
        }
    }

    /// <summary>Lets the clock stand at each operation's time when the worker comes to it; still while no operation has one.</summary>
    public void KeepToSchedule() => Source.BeforeOperation = claim =>
        Clock.NowMs = WorkLease.Schedule.HasStarted ? Math.Max(Clock.NowMs, DueMs(claim.Step, claim.Operation)) : Clock.NowMs;

    /// <summary>The first time at which a block may claim an operation of a schedule that has started.</summary>
    public ulong DueMs(ulong step, uint operation) => WorkLease.Schedule.EarliestBlockMs(
        Manifest.Work.OffsetOf(step - WorkLease.FirstStep, operation));

    /// <summary>Runs the leased unit as an honest worker does; its products mine.</summary>
    public ReplayedUnit RunUnit(ITensorBackend? backend = null)
    {
        UnitExecutor executor = Prepare(backend ?? Backend);
        ModelState start = Prepare(new CpuBackend()).InitialState(CancellationToken.None);
        return UnitReplay.Run(Manifest, executor, start, Lease, Hash256.Zero, CancellationToken.None);
    }

    public void Commit(UnitRecord record) => Send(_workerSender, TransactionKind.CommitUnit, record.Encode());

    public void SendTransfer() =>
        Send(_clientSender, TransactionKind.Transfer, new TransferPayload(Worker.Address, Amount.FromBaseUnits(1)).Encode());

    /// <summary>Digests of the operands of a unit's operations, found by replaying it without mining.</summary>
    public OperandRecorder Replay(Lease lease, IEnumerable<(ulong Step, uint Operation)> operations)
    {
        OperandRecorder recorder = new(new CpuBackend());
        recorder.Watch(operations);
        UnitExecutor executor = Prepare(recorder);
        UnitReplay.Run(Manifest, executor, executor.InitialState(CancellationToken.None), lease, Hash256.Zero, CancellationToken.None);
        return recorder;
    }

    /// <summary>Plays the auditor of a committed unit from its draw to its verdict.</summary>
    public void Audit(Lease lease)
    {
        UnitState unit = MineTo(lease, UnitPhase.AuditCommit);
        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(State, lease.Id);
        OperandRecorder found = Replay(lease, wins.Select(win => (win.Step, win.Operation)));
        Hash256 work = WorkDigests.Of(wins.Select(win => (win.Step, win.Operation, found.DigestOf(win.Step, win.Operation))));
        AuditReveal verdict = new(
            lease.JobId, lease.Unit, lease.Attempt, WorkDigests.Audit(HonestRecord(lease).Digest, work), Available: true, Hash256.Sha256("salt"u8));
        Hash256 commitment = verdict.CommitmentFor(Auditor.Address);
        Send(
            _auditorSender, TransactionKind.CommitAudit,
            new AuditCommit(lease.JobId, lease.Unit, lease.Attempt, unit.AuditDigest, commitment).Encode());
        MineTo(lease, UnitPhase.AuditReveal);
        Send(_auditorSender, TransactionKind.RevealAudit, verdict.Encode());
        Mine();
    }

    /// <summary>What an honest worker commits for a lease.</summary>
    public UnitRecord HonestRecord(Lease lease)
    {
        UnitExecutor executor = Prepare(new CpuBackend());
        return UnitReplay.Run(Manifest, executor, executor.InitialState(CancellationToken.None), lease, Hash256.Zero, CancellationToken.None).Record;
    }

    private UnitState MineTo(Lease lease, UnitPhase phase)
    {
        for (int blocks = 0; blocks < 20; blocks++)
        {
            if (JobLedger.GetUnit(State, lease.JobId, lease.Unit) is { } unit && unit.Phase == phase)
            {
                return unit;
            }

            Mine();
        }

        throw new InvalidOperationException($"Unit {lease.Unit} does not come to {phase}.");
    }

    public void Dispose()
    {
        Backend.Dispose();
        _commons.Dispose();
        _store.Dispose();
    }

    private static void Send(AccountSender sender, TransactionKind kind, byte[] payload)
    {
        ValidationResult sent = sender.Send(kind, payload);
        Assert.That(sent.IsValid, Is.True, sent.ToString());
    }

    private UnitExecutor Prepare(ITensorBackend backend) =>
        new(Manifest, new JobAssets(Model.Program.Program, Data), backend, VmLimits.Default);

    private JobManifest CreateManifest() => new()
    {
        Client = Client.Address,
        Name = "lane",
        ProgramHash = Model.Program.Program.Hash,
        DatasetRoot = Data.Root,
        DatasetBlob = Hash256.Zero,
        Seed = 3,
        TotalSteps = 2,
        StepsPerUnit = 2,
        UnitsPerRound = 1,
        UnitPrice = Amount.FromBaseUnits(1_003),
        AuditRateBasisPoints = 0,
        AuditorsPerUnit = 1,
        AuditFee = Amount.Zero,
        DeadlineBlocks = 1_000,
        Work = new WorkPlan(Model.TicketedProducts, MacsPerSecond),
    };

    private static CompiledModel Compile()
    {
        TrainingSpec spec = new()
        {
            Model = new Sequential(new Flatten(), new Linear(784, 256, bias: false), new ReLU(), new Linear(256, 4, bias: false)),
            Input = new ImageInput(1, 28, 28),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 512,
        };
        Assert.That(ModelCompiler.TryCompile(spec, Data.Count, VmLimits.Default, out CompiledModel? model).IsValid, Is.True);
        return model!;
    }
}
