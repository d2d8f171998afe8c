using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Network.Chunks;
using PoUW.Training.Execution;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Training.Tests.Support;

/// <summary>A job with a work plan: a perceptron on 28 x 28 images of which two products a step draw tickets and earn bonuses.</summary>
internal static class WorkJob
{
    public static Dataset Data { get; } = SyntheticImages.Create(classes: 4, count: 512, side: 28, seed: 5);

    public static CompiledModel Model { get; } = Compile(new Sequential(
        new Flatten(), new Linear(784, 256, bias: false), new ReLU(), new Linear(256, 4, bias: false)));

    public static JobManifest Manifest(Address client) => TestJob.Manifest(client, steps: 4, perUnit: 2) with
    {
        ProgramHash = Model.Program.Program.Hash,
        DatasetRoot = Data.Root,
        DatasetBlob = BlobManifest.Describe(Data.Encode(), 2 * 1024 * 1024).Address,
        Work = new WorkPlan(Model.TicketedProducts, MacsPerSecond: 1_000_000_000),
    };

    public static UnitExecutor Executor(JobManifest manifest, ITensorBackend? backend = null) =>
        new(manifest, new JobAssets(Model.Program.Program, Data), backend ?? new CpuBackend(), VmLimits.Default);

    public static CompiledModel Compile(Sequential model)
    {
        TrainingSpec spec = new()
        {
            Model = model,
            Input = new ImageInput(1, 28, 28),
            Optimiser = new IntegerMomentum(IntegerRateSchedule.Constant(12)),
            BatchSize = 512,
        };
        Assert.That(ModelCompiler.TryCompile(spec, Data.Count, VmLimits.Default, out CompiledModel? compiled), Is.EqualTo(Core.Validation.ValidationResult.Ok));
        return compiled!;
    }
}
