using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Sdk.Jobs;

/// <summary>What a client wants trained, and what it pays. Everything here goes into the manifest, so equal requests train equal models.</summary>
public sealed record TrainingRequest
{
    /// <summary>A name for people, 1 to 64 bytes of UTF-8.</summary>
    public required string Name { get; init; }

    /// <summary>The model and how it is trained, in lane I: the network averages integer states.</summary>
    public required TrainingSpec Model { get; init; }

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

    /// <summary>Share of the units that are audited, in 1/10,000; null for the network's default. 10,000 audits every unit.</summary>
    public ulong? AuditRateBasisPoints { get; init; }

    /// <summary>Validators that replay an audited unit; an odd number.</summary>
    public int AuditorsPerUnit { get; init; } = 3;

    /// <summary>What each of them earns for a unit that is right.</summary>
    public Amount AuditFee { get; init; } = new(Amount.BaseUnitsPerCoin / 100);

    /// <summary>What goes into escrow; null for exactly the price of all units. What is left at the end comes back.</summary>
    public Amount? Escrow { get; init; }

    /// <summary>
    /// Padded multiply-accumulates a second at which the job's leases go through their ticketed products: what one worker is sure to do. A
    /// worker can claim a product only at its time: one that is slower than the schedule loses those of which the chain has passed the time,
    /// one that is faster does idle work until the next is due. 0 for a job whose leases back no bound tickets; so is one whose model has no
    /// product that can earn a bonus (at least 256 x 256 x 512). With bound tickets every lease burns a part of <see cref="WorkBudget"/>, and
    /// a worker whose training wins a block earns a bonus, so that workers prefer such jobs and their price can be lower.
    /// </summary>
    public ulong WorkMacsPerSecond { get; init; }

    /// <summary>
    /// What goes into escrow for those burns, beyond <see cref="Escrow"/>; null for one and a half times what they cost at the chain's present
    /// target. A lease that the rest does not cover backs no bound tickets; what is not burned comes back. Not used without bound tickets.
    /// </summary>
    public Amount? WorkBudget { get; init; }

    /// <summary>Blocks after which the job ends whatever its state.</summary>
    public ulong DeadlineBlocks { get; init; } = 100_000;

    /// <summary>Checks the numbers that the manifest holds in unsigned form; the manifest's own limits are checked later.</summary>
    internal ValidationResult Validate()
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

        if (Model.Lane != Lane.Integer)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, $"{nameof(Model)}.{nameof(Model.Optimiser)}",
                $"The network averages integer states (lane I), but {Model.Optimiser.GetType().Name} trains fp32 (lane R). "
                + "Train with IntegerMomentum, or on this machine with EagerRunner.");
        }

        return Model.BatchSize <= Data.Count
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(Model.BatchSize), $"A batch of {Model.BatchSize} is more than the {Data.Count} samples.");
    }
}
