using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// A linear warm-up in front of another schedule: (step + 1) / (steps + 1) of the other's first factor, then the other from its start. In
/// PyTorch: SequentialLR of LinearLR(start_factor = 1 / (steps + 1), total_iters = steps) and the other, with the milestone steps.
/// </summary>
/// <param name="Steps">Steps of the warm-up, at least 1. Beyond 1024 the rate changes once in several steps.</param>
/// <param name="Inner">What follows; not another warm-up.</param>
public sealed record WarmUpSchedule(long Steps, LearningRateSchedule Inner) : LearningRateSchedule
{
    // The larger part of the table is the inner schedule's.
    private const int Share = 4;

    /// <inheritdoc/>
    public override ValidationResult Validate() => Inner is WarmUpSchedule
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(Inner), "A warm-up is not in front of another warm-up.")
        : First(CheckSteps(nameof(Steps), Steps), Inner.Validate());

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget)
    {
        long period = ScheduleArithmetic.PeriodOf(Steps, budget / Share);
        int entries = (int)(((Steps - 1) / period) + 1);
        (long FirstStep, double Factor)[] inner = [.. Inner.Changes(budget - entries)];
        for (long step = 0; step < Steps; step += period)
        {
            yield return (step, inner[0].Factor * (step + 1) / (Steps + 1));
        }

        foreach ((long firstStep, double factor) in inner)
        {
            yield return (firstStep + Steps, factor);
        }
    }
}
