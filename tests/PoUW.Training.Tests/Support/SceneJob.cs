using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;
using PoUW.Vm.Backends;

namespace PoUW.Training.Tests.Support;

/// <summary>A job that a scene plays.</summary>
/// <param name="Manifest">Its manifest for a client.</param>
/// <param name="PublishAsync">Makes program and data available.</param>
/// <param name="Executor">Runs it on a backend.</param>
/// <param name="WorkBudget">Coins in escrow for bound tickets.</param>
internal sealed record SceneJob(
    Func<Address, JobManifest> Manifest, Func<JobLoader, Task> PublishAsync, Func<JobManifest, ITensorBackend, IUnitExecutor> Executor, ulong WorkBudget = 0)
{
    /// <summary>The tiny job of lane I.</summary>
    public static SceneJob Tiny { get; } = new(
        client => TestJob.Manifest(client),
        async loader =>
        {
            loader.Publish(TestJob.Program);
            await loader.PublishAsync(TestJob.Data);
        },
        TestJob.Executor);

    /// <summary>The one whose leases back bound tickets.</summary>
    public static SceneJob Work { get; } = new(
        WorkJob.Manifest,
        async loader =>
        {
            loader.Publish(WorkJob.Model.Program.Program);
            await loader.PublishAsync(WorkJob.Data);
        },
        WorkJob.Executor,
        WorkBudget: 10);

    /// <summary>The tiny job of lane T.</summary>
    public static SceneJob Tolerance { get; } = new(
        ToleranceTestJob.Manifest,
        async loader =>
        {
            loader.Publish(ToleranceTestJob.Program);
            await loader.PublishAsync(ToleranceTestJob.Data);
        },
        (manifest, _) => ToleranceTestJob.Executor(manifest));
}
