using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Sdk.Jobs;

namespace Samples.Shared.Jobs;

/// <summary>The main job: a small model trained on 28 x 28 images, every unit audited. Equal arguments give equal jobs, and so equal weights.</summary>
public static class ImageJob
{
    public const int BatchSize = 512;
    public const int HiddenUnits = 256;
    public const int Classes = 10;
    public const int StepsPerUnit = 4;
    public const int UnitsPerRound = 4;
    public const int AuditorsPerUnit = 3;
    public const ulong AuditRateBasisPoints = 10_000;

    /// <summary>A little more than a worker does while the others train, too: who runs ahead of the schedule can claim nothing.</summary>
    public const ulong WorkMacsPerSecond = 10_000_000_000;

    /// <summary>The request for a job of so many passes over the data.</summary>
    /// <param name="model">What is trained.</param>
    /// <param name="train">The training images.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="epochs">Passes over the training images.</param>
    /// <exception cref="SampleException">There are fewer images than a batch has.</exception>
    public static TrainingRequest CreateRequest(ModelKind model, Dataset train, ulong seed, int epochs)
    {
        int stepsPerEpoch = train.Count / BatchSize;
        if (stepsPerEpoch == 0)
        {
            throw new SampleException($"--data: {train.Count} training images are fewer than one batch of {BatchSize}.");
        }

        int steps = stepsPerEpoch * epochs;
        Amount price = new(Amount.BaseUnitsPerCoin / 7);
        Amount fee = new(Amount.BaseUnitsPerCoin / 100);
        int units = (steps + StepsPerUnit - 1) / StepsPerUnit;
        return new TrainingRequest
        {
            Name = Recipe.NameOf(model),
            Model = Recipe.Create(model, steps),
            Data = train,
            Seed = seed,
            Steps = steps,
            StepsPerUnit = StepsPerUnit,
            UnitsPerRound = UnitsPerRound,
            UnitPrice = price,
            AuditRateBasisPoints = AuditRateBasisPoints,
            AuditorsPerUnit = AuditorsPerUnit,
            AuditFee = fee,
            WorkMacsPerSecond = WorkMacsPerSecond,

            // Ample, since a busy machine finds blocks at an easier target, where bound tickets cost more. What is not burned comes back.
            WorkBudget = Amount.FromCoins((ulong)units),

            // Whole coins, so that something is left to refund.
            Escrow = Amount.FromCoins((ulong)(((price + (fee * AuditorsPerUnit)) * (ulong)units).BaseUnits / Amount.BaseUnitsPerCoin) + 1),
        };
    }
}
