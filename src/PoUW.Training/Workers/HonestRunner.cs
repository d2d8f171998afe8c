using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Training.Workers;

/// <summary>Runs the unit as the manifest says, tells the truth about it and publishes the state. Thread-safe.</summary>
public sealed class HonestRunner : IUnitRunner
{
    /// <inheritdoc/>
    public UnitOutcome Run(
        IUnitExecutor executor, ModelState start, Lease lease, JobManifest manifest, Hash256 inputsDigest, CancellationToken cancellation)
    {
        ReplayedUnit unit = UnitReplay.Run(manifest, executor, start, lease, inputsDigest, cancellation);
        return new UnitOutcome(unit.Record, unit.End, Publish: true);
    }
}
