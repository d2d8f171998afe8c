using PoUW.Compute.Compilation;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Sdk.Jobs;

/// <summary>A job of lane I: what a client wants trained, bit for bit. Equal requests train equal models.</summary>
public sealed record TrainingRequest : JobRequest
{
    /// <summary>The model and how it is trained, in lane I: the network averages integer states.</summary>
    public required TrainingSpec Model { get; init; }

    /// <summary>
    /// Padded multiply-accumulates a second at which the job's leases go through their ticketed products: what one worker is sure to do. A
    /// worker can claim a product only at its time: one that is slower than the schedule loses those of which the chain has passed the time,
    /// one that is faster does idle work until the next is due. 0 for a job whose leases back no bound tickets; so is one whose model has no
    /// product that can earn a bonus (at least 256 x 256 x 512). With bound tickets every lease burns a part of <see cref="WorkBudget"/>, and
    /// a worker whose training wins a block earns a bonus, so that workers prefer such jobs and their price can be lower.
    /// </summary>
    public ulong WorkMacsPerSecond { get; init; }

    /// <summary>
    /// What goes into escrow for those burns, beyond <see cref="JobRequest.Escrow"/>; null for one and a half times what they cost at the chain's present
    /// target. A lease that the rest does not cover backs no bound tickets; what is not burned comes back. Not used without bound tickets.
    /// </summary>
    public Amount? WorkBudget { get; init; }

    /// <inheritdoc/>
    internal override ValidationResult Validate()
    {
        if (base.Validate() is { IsValid: false } wrong)
        {
            return wrong;
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
