using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Simulation.Devices;
using PoUW.Training.Execution;
using PoUW.Vm.Programs;

namespace PoUW.Training.Tests.Support;

/// <summary>A real but tiny job of lane T: a perceptron with biases on four classes of 8 x 8 images, two units of four steps.</summary>
internal static class ToleranceTestJob
{
    public static Dataset Data { get; } = SyntheticImages.Create(classes: 4, count: 64, side: 8, seed: 5);

    /// <summary>The exact kernels of the processor.</summary>
    public static ReproducibleEngine Engine { get; } = new("fp32", new Dictionary<string, Func<Module>>
    {
        ["tiny-1"] = static () => new Sequential(new Flatten(), new Linear(64, 8), new ReLU(), new Linear(8, 4)),
    });

    public static ToleranceRecipe Recipe { get; } = new() { Class = Engine.Classes[0], InputShape = [1, 8, 8], BatchSize = 16 };

    public static ToleranceProgram Program { get; } = new(Recipe, Measure());

    public static ToleranceAssets Assets { get; } = new(Program, Data);

    /// <summary>A device whose last bits differ.</summary>
    public static IToleranceEngine Device(ulong seed, int largestError = 2) => new OtherDeviceEngine(Engine, seed, largestError);

    public static JobManifest Manifest(Address client) => TestJob.Manifest(client, auditors: 3) with
    {
        Version = JobManifest.ToleranceVersion,
        Aggregation = AggregationRule.TrimmedMean,
        ToleranceClass = Program.Class.Id,
        ProgramHash = Program.Hash,
        DatasetRoot = Data.Root,
        DatasetBlob = Network.Chunks.BlobManifest.Describe(Data.Encode(), 2 * 1024 * 1024).Address,
    };

    public static ToleranceExecutor Executor(JobManifest manifest, IToleranceEngine? engine = null, bool atStake = false, ToleranceProgram? program = null) =>
        new(manifest, program is null ? Assets : new ToleranceAssets(program, Data), engine ?? Engine, VmLimits.Default, atStake);

    /// <summary>Bounds from what another device gives, as a client measures them.</summary>
    private static ToleranceBounds Measure()
    {
        using IToleranceUnits one = Engine.Open(Recipe, Data, Hash256.Zero, 3);
        using IToleranceUnits other = Device(9).Open(Recipe, Data, Hash256.Zero, 3);
        ToleranceUnit[] first = new ToleranceUnit[2];
        for (int unit = 0; unit < first.Length; unit++)
        {
            first[unit] = one.Run(unit == 0 ? one.InitialState() : first[unit - 1].After, (ulong)unit * 4, 4, default);
        }

        return ToleranceAudit.Calibrate(
        [
            (one.InitialState(), first[0].After, other.Run(one.InitialState(), 0, 4, default).After),
            (first[0].After, first[1].After, other.Run(first[0].After, 4, 4, default).After),
        ]);
    }
}
