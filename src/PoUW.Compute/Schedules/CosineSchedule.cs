using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// torch.optim.lr_scheduler.CosineAnnealingLR: minimum + (1 - minimum) * (1 + cos(pi * step / totalSteps)) / 2 up to totalSteps. Behind
/// them the rate stays at the minimum, where PyTorch's rises again.
/// </summary>
/// <param name="TotalSteps">PyTorch's T_max, at least 1.</param>
/// <param name="MinimumFactor">PyTorch's eta_min as a part of the rate, 0 to 1.</param>
public sealed record CosineSchedule(long TotalSteps, double MinimumFactor = 0) : LearningRateSchedule
{
    /// <summary>Steps between changes; 0 for the smallest that the table can hold: 1 up to 4095 steps.</summary>
    public long Period { get; init; }

    /// <inheritdoc/>
    public override ValidationResult Validate() => First(
        CheckSteps(nameof(TotalSteps), TotalSteps), CheckFactor(nameof(MinimumFactor), MinimumFactor), CheckPeriod(nameof(Period), Period, TotalSteps));

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget) => Sample(
        TotalSteps, Period, budget,
        step => MinimumFactor + ((1 - MinimumFactor) * (1 + ScheduleArithmetic.CosineOfHalfTurns((double)step / TotalSteps)) / 2));
}
