using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Sdk.Jobs;

/// <summary>What every client says about a job, whatever its lane. All of it goes into the manifest.</summary>
public abstract record JobRequest
{
    /// <summary>A name for people, 1 to 64 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>The training data.</summary>
    public required Dataset Data { get; init; }

    /// <summary>Seed of the initial weights.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Optimiser steps of the job, over all units.</summary>
    public required int Steps { get; init; }

    /// <summary>Consecutive steps that one worker does from one start state.</summary>
    public int StepsPerUnit { get; init; } = 4;

    /// <summary>Units that start from the same state and whose results are averaged.</summary>
    public int UnitsPerRound { get; init; } = 4;

    /// <summary>Price of a unit.</summary>
    public Amount UnitPrice { get; init; } = new(Amount.BaseUnitsPerCoin / 10);

    /// <summary>
    /// Share of the units that are audited, in 1/10,000; null for the network's default, and for every unit in lane T, where 10,000 is that share and
    /// <see cref="Core.Jobs.JobManifest.MinToleranceAuditBasisPoints"/> the least.
    /// </summary>
    public ulong? AuditRateBasisPoints { get; init; }

    /// <summary>Validators that replay an audited unit; an odd number.</summary>
    public int AuditorsPerUnit { get; init; } = 3;

    /// <summary>What each of them earns for a unit that is right.</summary>
    public Amount AuditFee { get; init; } = new(Amount.BaseUnitsPerCoin / 100);

    /// <summary>What goes into escrow; null for exactly the price of all units. What is left at the end comes back.</summary>
    public Amount? Escrow { get; init; }

    /// <summary>Blocks after which the job ends whatever its state.</summary>
    public ulong DeadlineBlocks { get; init; } = 100_000;

    private protected JobRequest()
    {
    }

    /// <summary>Checks the numbers that the manifest holds in unsigned form; the manifest's own limits are checked later.</summary>
    internal virtual ValidationResult Validate()
    {
        (string Field, int Value)[] counts =
        [
            (nameof(Steps), Steps), (nameof(StepsPerUnit), StepsPerUnit), (nameof(UnitsPerRound), UnitsPerRound),
            (nameof(AuditorsPerUnit), AuditorsPerUnit),
        ];
        foreach ((string field, int value) in counts)
        {
            if (value < 1)
            {
                return ValidationResult.Fail(ValidationCode.BadManifest, field, $"{field} is {value}; it must be at least 1.");
            }
        }

        return ValidationResult.Ok;
    }
}
