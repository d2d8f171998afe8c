using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Workers;

namespace PoUW.Training.Tests.Economics;

/// <summary>Runs the economic modules block by block on a real world state, the way the chain does: overlay a block, overlay a transaction.</summary>
internal sealed class LedgerHarness
{
    private readonly WorldState _world = new(new InMemoryKeyValueStore());
    private readonly ILedgerModule[] _modules = [new WorkerModule(), new JobModule()];
    private readonly NetworkParameters _parameters;
    private StateOverlay _block;
    private ulong _transactions;

    public LedgerHarness(NetworkParameters? parameters = null)
    {
        _parameters = parameters ?? NetworkParameters.Development with { LeaseBlocks = 3 };
        _block = new StateOverlay(_world.At(Hash256.Zero));
        foreach (ILedgerModule module in _modules)
        {
            module.Genesis(_block);
        }

        _block.Mint(Client, Amount.FromCoins(1_000));
    }

    public static Address Client { get; } = Address.ForModule("test", "client"u8);

    public ulong Height { get; private set; } = 1;

    public IStateReader State => _block;

    public static Address Worker(int number) => Address.ForModule("test-worker", [(byte)number]);

    public static JobManifest Manifest(ulong steps = 16, ulong perUnit = 4, ulong perRound = 2) => new()
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
        DeadlineBlocks = 1_000,
    };

    public ValidationResult Execute(Address sender, TransactionKind kind, byte[] payload)
    {
        StateOverlay overlay = new(_block);
        BlockContext block = Context();
        Hash256 id = Hash256.Sha256(BitConverter.GetBytes(_transactions++));
        ILedgerModule module = _modules.Single(candidate => candidate.Kinds.Contains(kind));
        ValidationResult result = module.Execute(new TransactionContext(id, kind, sender, 0, payload, block), overlay);
        if (result.IsValid)
        {
            overlay.MergeIntoParent();
        }

        return result;
    }

    public void EndBlock(ulong count = 1)
    {
        for (ulong i = 0; i < count; i++)
        {
            BlockContext block = Context();
            foreach (ILedgerModule module in _modules)
            {
                module.EndBlock(block, _block);
            }

            Height++;
        }
    }

    public void RegisterWorkers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.That(Execute(Worker(i), TransactionKind.RegisterWorker, []).Code, Is.EqualTo(ValidationCode.Ok));
        }
    }

    public Hash256 Submit(JobManifest manifest, Amount? escrow = null)
    {
        byte[] payload = new SubmitJobPayload(manifest, escrow ?? manifest.TotalPrice).Encode();
        Assert.That(Execute(Client, TransactionKind.SubmitJob, payload).Code, Is.EqualTo(ValidationCode.Ok));
        return manifest.JobId;
    }

    public JobState Job(Hash256 jobId) => JobLedger.GetJob(State, jobId)!;

    public UnitRecord RecordFor(Lease lease) => new(
        lease.JobId, lease.Unit, lease.Attempt, Job(lease.JobId).InputsDigest, Hash256.Sha256("start"u8),
        Hash256.Sha256(BitConverter.GetBytes(lease.Unit)), Hash256.Sha256("state"u8), 10, 3, 8);

    public ValidationResult Commit(Lease lease, UnitRecord? record = null, Address? sender = null) =>
        Execute(sender ?? lease.Worker, TransactionKind.CommitUnit, (record ?? RecordFor(lease)).Encode());

    public IReadOnlyList<Lease> OpenLeases(Hash256 jobId) =>
        [.. JobLedger.CurrentRound(State, Job(jobId)).Where(unit => unit.Record is null).Select(unit => unit.Lease)];

    public Amount Balance(Address address) => State.GetAccount(address).Balance;

    /// <summary>Everything that exists sits in the accounts that the harness knows.</summary>
    public void AssertConservation(int workers, params Hash256[] jobs)
    {
        Amount total = Balance(Client);
        foreach (Address address in Enumerable.Range(0, workers).Select(Worker).Concat(jobs.Select(JobLedger.EscrowAccount)))
        {
            total += Balance(address);
        }

        Assert.That(total, Is.EqualTo(State.Minted - State.Burned));
    }

    private BlockContext Context() => new(Height, Height * 1_000, Client, Hash256.Sha256("beacon"u8), _parameters);
}
