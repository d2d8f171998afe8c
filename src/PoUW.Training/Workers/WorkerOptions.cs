using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;
using PoUW.Vm.Programs;

namespace PoUW.Training.Workers;

/// <summary>Limits of a worker.</summary>
public sealed record WorkerOptions
{
    /// <summary>Limits of the machine that runs units.</summary>
    public VmLimits VmLimits { get; init; } = VmLimits.Default;

    /// <summary>Blocks to wait for a sent record to appear on chain before it is sent again.</summary>
    public ulong ResendAfterBlocks { get; init; } = 6;

    /// <summary>
    /// Block times that the worker waits, at most, for the schedule of a lease that backs bound tickets to start, two blocks after the grant; it
    /// does idle work meanwhile. Products of a unit that is begun at once draw unbound tickets until then. 0 never waits.
    /// </summary>
    public ulong ScheduleWaitBlocks { get; init; } = 6;

    /// <summary>
    /// Whether a worker that is faster than the schedule of its lease does idle work until its next operation can be claimed. If not, it runs
    /// ahead, and most of its products draw unbound tickets.
    /// </summary>
    public bool KeepToSchedule { get; init; } = true;

    /// <summary>What the worker keeps at stake; null for the network's minimum.</summary>
    public Amount? Stake { get; init; }

    /// <summary>Trains units of lane T; null to take no part in it. The owner of the engine disposes of it, after the worker has ended.</summary>
    public IToleranceEngine? Tolerance { get; init; }

    /// <summary>Jobs whose programs and data are kept ready.</summary>
    public int MaxCachedJobs { get; init; } = 4;
}
