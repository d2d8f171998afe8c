using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Support;

/// <summary>A runner for tests in which nothing may be computed.</summary>
internal sealed class RefusingRunner : IUnitRunner
{
    public UnitOutcome Run(
        IUnitExecutor executor, ModelState start, Lease lease, JobManifest manifest, Hash256 inputsDigest, CancellationToken cancellation) =>
        throw new InvalidOperationException($"Unit {lease.Unit} was computed a second time.");
}
