using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Training.Tests.Support;

/// <summary>A real but tiny job: four classes of 8 x 8 images, two layers.</summary>
internal static class TestJob
{
    public static Dataset Data { get; } = SyntheticImages.Create(classes: 4, count: 64, side: 8, seed: 5);

    public static VmProgram Program { get; } = Compile();

    public static JobAssets Assets { get; } = new(Program, Data);

    public static JobManifest Manifest(Address client, ulong steps = 8, ulong perUnit = 4, ulong perRound = 1, ulong auditors = 1) => new()
    {
        Client = client,
        Name = "tiny",
        ProgramHash = Program.Hash,
        DatasetRoot = Data.Root,
        DatasetBlob = Network.Chunks.BlobManifest.Describe(Data.Encode(), 2 * 1024 * 1024).Address,
        Seed = 3,
        TotalSteps = steps,
        StepsPerUnit = perUnit,
        UnitsPerRound = perRound,
        UnitPrice = Amount.FromBaseUnits(1_001),
        AuditRateBasisPoints = 10_000,
        AuditorsPerUnit = auditors,
        AuditFee = Amount.FromBaseUnits(7),
        DeadlineBlocks = 1_000,
    };

    public static UnitExecutor Executor(JobManifest manifest, ITensorBackend? backend = null) =>
        new(manifest, Assets, backend ?? new CpuBackend(), VmLimits.Default);

    public static Lease LeaseOf(JobManifest manifest, ulong unit, ulong attempt = 0) =>
        new(manifest.JobId, unit, attempt, Address.ForModule("test", "worker"u8), 3, 9);

    private static VmProgram Compile()
    {
        TrainingSpec spec = new()
        {
            Model = new Sequential(new Flatten(), new Linear(64, 8, bias: false), new ReLU(), new Linear(8, 4, bias: false)),
            Input = new ImageInput(1, 8, 8),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 16,
        };
        Assert.That(ModelCompiler.TryCompile(spec, Data.Count, VmLimits.Default, out CompiledModel? model).IsValid, Is.True);
        return model!.Program.Program;
    }
}
