using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Counts the ticketed products of one run of a unit and names them: product j of the unit is operation j modulo n of the unit's step j / n,
/// where n is the number of operations of the job's work plan. Workers and auditors count with this class, so that both mean the same product
/// by the same name. Not thread-safe; one for each run.
/// </summary>
/// <param name="manifest">The job.</param>
/// <param name="jobId">Its id.</param>
/// <param name="unit">The unit.</param>
/// <param name="attempt">Which lease of the unit.</param>
public sealed class UnitOperations(JobManifest manifest, Hash256 jobId, ulong unit, ulong attempt)
{
    private readonly IReadOnlyList<TileWorkShape> _plan = manifest.Work.Operations;
    private readonly ulong _steps = manifest.StepsInUnit(unit);
    private ulong _step;
    private int _operation;

    /// <summary>Counts a product that the program offers for tickets. A product whose shape no plan admits is none and is not counted.</summary>
    /// <param name="shape">Its shape.</param>
    /// <returns>
    /// What a bound ticket of the product claims; null if the product draws no bound tickets: the plan is empty, the unit's products are all
    /// counted, or the shape is not the plan's, which can be so only if the program does not do what the plan says.
    /// </returns>
    public BoundClaim? Next(in TileWorkShape shape)
    {
        if (_plan.Count == 0 || _step >= _steps || !WorkPlan.Admits(shape))
        {
            return null;
        }

        BoundClaim? claim = _plan[_operation] == shape
            ? new BoundClaim(jobId, unit, attempt, manifest.FirstStep(unit) + _step, (uint)_operation)
            : null;
        _operation++;
        if (_operation == _plan.Count)
        {
            (_operation, _step) = (0, _step + 1);
        }

        return claim;
    }
}
