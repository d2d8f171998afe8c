using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Economics.Jobs;
using PoUW.Training.Execution;

namespace PoUW.Training.Auditors;

/// <summary>
/// Holds the states that an auditor found by replaying, and serves one only once its unit is accepted. Before that it would hide from
/// other auditors that the worker does not serve it; after that it keeps the round alive if the worker goes away. Not thread-safe.
/// </summary>
internal sealed class AcceptedStates(JobLoader loader, int capacity)
{
    private readonly List<ReplayedUnit> _held = [];

    /// <summary>Holds a replayed unit; the oldest one goes if there are too many.</summary>
    public void Hold(ReplayedUnit unit)
    {
        _held.Add(unit);
        if (_held.Count > capacity)
        {
            _held.RemoveAt(0);
        }
    }

    /// <summary>Publishes what was accepted and drops what never will be.</summary>
    public async Task SettleAsync(IStateReader state)
    {
        foreach (ReplayedUnit held in _held.ToArray())
        {
            UnitState? unit = JobLedger.GetUnit(state, held.Record.JobId, held.Record.Unit);
            bool accepted = unit is { IsAccepted: true } && unit.Record!.Digest == held.Record.Digest;
            if (accepted && !loader.Holds(held.Record.StateBlob))
            {
                await loader.PublishAsync(held.End);
            }

            if (accepted || !IsUndecided(state, unit, held.Record))
            {
                _held.Remove(held);
            }
        }
    }

    private static bool IsUndecided(IStateReader state, UnitState? unit, UnitRecord record) =>
        unit is { IsAccepted: false } && unit.Lease.Attempt == record.Attempt && JobLedger.GetJob(state, record.JobId) is { IsOpen: true };
}
