using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Training.Tests.Support;

namespace PoUW.Training.Tests.Economics;

/// <summary>Runs the economic modules block by block on a real world state, the way the chain does: overlay a block, overlay a transaction.</summary>
internal sealed class LedgerHarness
{
    private readonly InMemoryKeyValueStore _store = new();
    private readonly ILedgerModule[] _modules;
    private StateOverlay _block;
    private StateVersion _root;
    private readonly int _workers;
    private readonly int _validators;
    private ulong _transactions;
    private bool _begun;
    private BoundWork? _parentWork;

    public LedgerHarness(int workers = 0, int validators = 0, Func<NetworkParameters, NetworkParameters>? change = null)
    {
        (_workers, _validators) = (workers, validators);
        NetworkParameters parameters = NetworkParameters.Development with
        {
            LeaseBlocks = 3,
            AuditCommitBlocks = 3,
            AuditRevealBlocks = 3,
            BanBlocks = 50,
            UnbondingBlocks = 10,
            Stakes =
            [
                .. Enumerable.Range(0, workers).Select(i => new GenesisStake(Worker(i), WorkerStake, StakeRoles.Worker)),
                .. Enumerable.Range(0, validators).Select(i => new GenesisStake(Validator(i), ValidatorStake, StakeRoles.Validator)),
            ],
        };
        Parameters = change is null ? parameters : change(parameters);
        Stakes = new StakeModule(Parameters);
        _modules = [Stakes, new JobModule(), new WorkModule()];
        _block = new StateOverlay(new WorldState(_store).At(StateVersion.Empty));
        foreach (ILedgerModule module in _modules)
        {
            module.Genesis(_block);
        }

        _block.Mint(Client, Amount.FromCoins(1_000));
    }

    public static Amount WorkerStake { get; } = Amount.FromCoins(50);

    public static Amount ValidatorStake { get; } = Amount.FromCoins(200);

    public static Address Client { get; } = Address.ForModule("test", "client"u8);

    public NetworkParameters Parameters { get; }

    public StakeModule Stakes { get; }

    public ulong Height { get; private set; } = 1;

    /// <summary>Compact target of the blocks from here on. About half of the work of a block is a unit of <see cref="WorkManifest"/>.</summary>
    public uint Bits { get; set; } = BitsOf(512UL << 20);

    /// <summary>The time of the block under execution; a block time after that of its parent unless the test says otherwise.</summary>
    public ulong TimeMs { get; set; } = NetworkParameters.Development.GenesisTimeMilliseconds + 1_000;

    public IStateReader State => _block;

    public IStateWriter Writer => _block;

    public static Address Worker(int number) => Address.ForModule("test-worker", [(byte)number]);

    public static Address Validator(int number) => Address.ForModule("test-validator", [(byte)number]);

    public static JobManifest Manifest(ulong steps = 16, ulong perUnit = 4, ulong perRound = 2, ulong auditRate = 0, ulong auditors = 3) => new()
    {
        Client = Client,
        Name = "test",
        ProgramHash = Hash256.Sha256("program"u8),
        DatasetRoot = Hash256.Sha256("data"u8),
        DatasetBlob = Hash256.Sha256("blob"u8),
        Seed = 7,
        TotalSteps = steps,
        StepsPerUnit = perUnit,
        UnitsPerRound = perRound,
        UnitPrice = Amount.FromBaseUnits(1_001),
        AuditRateBasisPoints = auditRate,
        AuditorsPerUnit = auditors,
        AuditFee = Amount.FromBaseUnits(7),
        DeadlineBlocks = 1_000,
    };

    /// <summary>A job of lane T for <see cref="Class"/>; its price earns 570, of which 30 burn.</summary>
    public static JobManifest ToleranceManifest(ulong steps = 4, ulong perUnit = 4, ulong perRound = 1, ulong auditRate = 10_000, ulong auditors = 3) =>
        Manifest(steps, perUnit, perRound, auditRate, auditors) with
        {
            Version = JobManifest.ToleranceVersion,
            Aggregation = AggregationRule.TrimmedMean,
            ToleranceClass = Class,
        };

    /// <summary>A class of lane T.</summary>
    public static Hash256 Class { get; } = Hash256.Sha256("class"u8);

    /// <summary>The compact target at which a block takes so many MACs.</summary>
    public static uint BitsOf(ulong macsPerBlock) => CompactTarget.Encode(WorkTarget.TicketSpace / macsPerBlock);

    /// <summary>A job whose leases back bound tickets: two products a step, one with padding, and a step a second.</summary>
    public static JobManifest WorkManifest(ulong steps = 4, ulong perUnit = 4, ulong perRound = 1, ulong auditRate = 0) =>
        Manifest(steps, perUnit, perRound, auditRate) with { Work = Plan };

    public static WorkPlan Plan { get; } = new(
        [new TileWorkShape(256, 256, 512, false, false), new TileWorkShape(300, 256, 600, false, true)], (1UL << 25) + (320UL * 256 * 1024));

    public ValidationResult Execute(Address sender, TransactionKind kind, byte[] payload)
    {
        BeginBlock();
        StateOverlay overlay = new(_block);
        Hash256 id = Hash256.Sha256(BitConverter.GetBytes(_transactions++));
        ILedgerModule module = _modules.Single(candidate => candidate.Kinds.Contains(kind));
        ValidationResult result = module.Execute(new TransactionContext(id, kind, sender, 0, payload, Context()), overlay);
        if (result.IsValid)
        {
            overlay.MergeIntoParent();
        }

        return result;
    }

    /// <summary>Ends the block and some more. After it the state is that of the last one: the next begins with what happens in it.</summary>
    public void EndBlock(ulong count = 1)
    {
        for (ulong i = 0; i < count; i++)
        {
            EndBlockWonBy(null);
        }
    }

    /// <summary>Ends the block as one that was won by a bound ticket.</summary>
    public void EndBlockWonBy(BoundWork? work)
    {
        BeginBlock();
        BlockContext block = Context();
        foreach (ILedgerModule module in _modules)
        {
            module.EndBlock(block, _block);
        }

        Height++;
        TimeMs += Parameters.BlockTimeMilliseconds;
        _begun = false;
        _parentWork = work;
    }

    /// <summary>Begins the block unless that is done: what its parent won is on record then.</summary>
    public void BeginBlock()
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        foreach (ILedgerModule module in _modules)
        {
            module.BeginBlock(Context(), _block);
        }
    }

    /// <summary>A winning ticket on an operation of a lease, with operands that the test may choose.</summary>
    public BoundWork WinOf(Lease lease, ulong step, uint operation, uint? bits = null, Hash256? operands = null) => new(
        new BoundClaim(lease.JobId, lease.Unit, lease.Attempt, step, operation), lease.Worker, bits ?? Bits,
        operands ?? OperandsOf(step, operation));

    /// <summary>Stands for the operands of an operation in a right replay.</summary>
    public static Hash256 OperandsOf(ulong step, uint operation) => Hash256.Sha256([.. BitConverter.GetBytes(step), .. BitConverter.GetBytes(operation)]);


    public Hash256 Submit(JobManifest manifest, Amount? escrow = null)
    {
        byte[] payload = new SubmitJobPayload(manifest, escrow ?? manifest.TotalPrice).Encode();
        Assert.That(Execute(Client, TransactionKind.SubmitJob, payload).Code, Is.EqualTo(ValidationCode.Ok));
        return manifest.JobId;
    }

    /// <summary>Replaces the classes of an account that has staked.</summary>
    public void Enrol(Address account, params Hash256[] classes)
    {
        byte[] payload = new StakePayload(Stake(account).Roles, Amount.Zero, classes).Encode();
        Assert.That(Execute(account, TransactionKind.Stake, payload).ToString(), Is.EqualTo("Ok"));
    }

    /// <summary>Enrols all workers and validators for <see cref="Class"/>.</summary>
    public void EnrolAll()
    {
        foreach (Address account in Enumerable.Range(0, _workers).Select(Worker).Concat(Enumerable.Range(0, _validators).Select(Validator)))
        {
            Enrol(account, Class);
        }
    }

    /// <summary>Records that the job module reads to begin this block, which nothing has begun; the block's changes stay.</summary>
    public int CountReadsOfBeginBlock()
    {
        CountingState counting = new(_block);
        _modules.OfType<JobModule>().Single().BeginBlock(Context(), counting);
        return counting.RecordsRead;
    }

    /// <summary>Records that the job module reads to end this block; the block's changes stay.</summary>
    public int CountReadsOfEndBlock()
    {
        CountingState counting = new(_block);
        _modules.OfType<JobModule>().Single().EndBlock(Context(), counting);
        return counting.RecordsRead;
    }

    /// <summary>Writes the state to the store and reads it back through a new tree, as a node that restarts does.</summary>
    public void Restart()
    {
        WriteBatch batch = new();
        _root = new WorldState(_store).Commit(_block, _root, batch);
        _store.Apply(batch);
        _block = new StateOverlay(new WorldState(_store).At(_root));
    }

    public JobState Job(Hash256 jobId) => JobLedger.GetJob(State, jobId)!;

    public UnitState Unit(Hash256 jobId, ulong unit) => JobLedger.GetUnit(State, jobId, unit)!;

    public UnitRecord RecordFor(Lease lease) => new(
        lease.JobId, lease.Unit, lease.Attempt, Job(lease.JobId).InputsDigest, Hash256.Sha256("start"u8),
        Hash256.Sha256(BitConverter.GetBytes(lease.Unit)), Hash256.Sha256("state"u8), 10, 3, 8);

    public ValidationResult Commit(Lease lease, UnitRecord? record = null, Address? sender = null) =>
        Execute(sender ?? lease.Worker, TransactionKind.CommitUnit, (record ?? RecordFor(lease)).Encode());

    public IReadOnlyList<Lease> OpenLeases(Hash256 jobId) =>
        [.. JobLedger.CurrentRound(State, Job(jobId)).Where(unit => unit.Phase == UnitPhase.Leased).Select(unit => unit.Lease)];

    /// <summary>What an auditor says: the honest digest unless told otherwise. The salt is a function of the auditor.</summary>
    public AuditReveal RevealOf(UnitState unit, Address auditor, Hash256? digest = null, bool available = true) => new(
        unit.Lease.JobId, unit.Lease.Unit, unit.Lease.Attempt, digest ?? HonestDigest(unit), available, Hash256.Sha256(auditor.ToArray()));

    /// <summary>What a replay finds: the record, and the operands that <see cref="WinOf"/> uses by default.</summary>
    public Hash256 HonestDigest(UnitState unit) => WorkDigests.Audit(
        RecordFor(unit.Lease).Digest,
        WorkDigests.Of(WorkLedger.Wins(State, unit.Lease.Id)
            .Select(win => (win.Step, win.Operation, OperandsOf(win.Step, win.Operation)))));

    public ValidationResult CommitAudit(AuditReveal reveal, Address auditor) => Execute(
        auditor, TransactionKind.CommitAudit, CommitOf(reveal, reveal.CommitmentFor(auditor)).Encode());

    /// <summary>A commitment to any hash about the record that is under audit now.</summary>
    public AuditCommit CommitOf(AuditReveal reveal, Hash256 commitment) => new(
        reveal.JobId, reveal.Unit, reveal.Attempt,
        JobLedger.GetUnit(State, reveal.JobId, reveal.Unit)?.AuditDigest ?? Hash256.Zero, commitment);

    public ValidationResult RevealAudit(AuditReveal reveal, Address auditor) => Execute(auditor, TransactionKind.RevealAudit, reveal.Encode());

    /// <summary>Takes a committed unit through its audit; each auditor says what <paramref name="verdict"/> gives for its place in the draw.</summary>
    public void Audit(Hash256 jobId, ulong unitNumber, Func<int, (Hash256? Digest, bool Available)>? verdict = null)
    {
        EndBlock(2);
        UnitState unit = Unit(jobId, unitNumber);
        Assert.That(unit.Phase, Is.EqualTo(UnitPhase.AuditCommit));
        List<(AuditReveal Reveal, Address Auditor)> said = [];
        for (int i = 0; i < unit.Auditors.Count; i++)
        {
            (Hash256? digest, bool available) = verdict?.Invoke(i) ?? (null, true);
            said.Add((RevealOf(unit, unit.Auditors[i].Auditor, digest, available), unit.Auditors[i].Auditor));
        }

        said.ForEach(one => Assert.That(CommitAudit(one.Reveal, one.Auditor).Code, Is.EqualTo(ValidationCode.Ok)));
        EndBlock();
        said.ForEach(one => Assert.That(RevealAudit(one.Reveal, one.Auditor).Code, Is.EqualTo(ValidationCode.Ok)));
        EndBlock();
    }

    public Amount Balance(Address address) => State.GetAccount(address).Balance;

    public StakeAccount Stake(Address address) => StakeLedger.Get(State, address);

    /// <summary>Everything that exists sits in the accounts that the harness knows, and the vault holds exactly the stakes.</summary>
    public void AssertConservation(params Hash256[] jobs)
    {
        Address[] accounts =
        [
            Client, StakeLedger.Vault, .. Enumerable.Range(0, _workers).Select(Worker), .. Enumerable.Range(0, _validators).Select(Validator),
            .. jobs.Select(JobLedger.EscrowAccount),
        ];
        Amount total = accounts.Aggregate(Amount.Zero, (sum, address) => sum + Balance(address));
        Amount stakes = StakeLedger.All(State).Aggregate(Amount.Zero, (sum, entry) => sum + entry.Stake.Bonded + entry.Stake.Unbonding);
        Assert.That(total, Is.EqualTo(State.Minted - State.Burned));
        Assert.That(Balance(StakeLedger.Vault), Is.EqualTo(stakes));
    }

    private BlockContext Context() => new(
        Height, TimeMs, Hash256.Sha256(BitConverter.GetBytes(Height - 1)), Hash256.Sha256(BitConverter.GetBytes(Height + 1_000_000)), Client,
        Hash256.Sha256("beacon"u8), Bits, _parentWork, Parameters);
}
