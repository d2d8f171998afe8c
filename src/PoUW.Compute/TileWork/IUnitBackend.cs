using PoUW.Vm.Backends;

namespace PoUW.Compute.TileWork;

/// <summary>
/// A backend that wants to know which unit of a job its products belong to: a miner claims them, an auditor's recorder commits to some of
/// them. Called by whoever runs the unit, on the thread that runs it. Products outside of a unit, such as those of an initial state, belong
/// to none.
/// </summary>
public interface IUnitBackend : ITensorBackend
{
    /// <summary>The products that follow are the unit's, from its first step on. A unit that was not ended is left.</summary>
    void BeginUnit(UnitOperations unit);

    /// <summary>The unit is over, done or not.</summary>
    void EndUnit();
}
