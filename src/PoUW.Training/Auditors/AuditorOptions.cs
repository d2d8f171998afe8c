using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;
using PoUW.Vm.Programs;

namespace PoUW.Training.Auditors;

/// <summary>Limits of an auditor.</summary>
public sealed record AuditorOptions
{
    /// <summary>Limits of the machine that replays units.</summary>
    public VmLimits VmLimits { get; init; } = VmLimits.Default;

    /// <summary>Blocks to wait for a sent transaction to appear on chain, or after a failed replay, before the next try.</summary>
    public ulong ResendAfterBlocks { get; init; } = 4;

    /// <summary>What the auditor stakes if it is no validator yet; null to leave staking to somebody else.</summary>
    public Amount? Stake { get; init; }

    /// <summary>Jobs whose programs and data are kept ready.</summary>
    public int MaxCachedJobs { get; init; } = 4;

    /// <summary>Replays units of lane T; null to take no part in it. The owner of the engine disposes of it, after the auditor has ended.</summary>
    public IToleranceEngine? Tolerance { get; init; }

    /// <summary>Times that a unit's state is asked for, one a block, before it counts as not available. At least 1.</summary>
    public int FetchAttempts { get; init; } = 10;

    /// <summary>Replayed states kept in memory until their units are accepted.</summary>
    public int MaxHeldStates { get; init; } = 8;
}
