using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// torch.optim.lr_scheduler.LinearLR: a straight line from one factor at step 0 to another at step totalSteps, where it stays.
/// </summary>
/// <param name="TotalSteps">PyTorch's total_iters, at least 1.</param>
/// <param name="StartFactor">0 to 1.</param>
/// <param name="EndFactor">0 to 1.</param>
public sealed record LinearSchedule(long TotalSteps, double StartFactor = 1.0 / 3, double EndFactor = 1) : LearningRateSchedule
{
    /// <summary>Steps between changes; 0 for the smallest that the table can hold: 1 up to 4095 steps.</summary>
    public long Period { get; init; }

    /// <inheritdoc/>
    public override ValidationResult Validate() => First(
        CheckSteps(nameof(TotalSteps), TotalSteps), CheckFactor(nameof(StartFactor), StartFactor), CheckFactor(nameof(EndFactor), EndFactor),
        CheckPeriod(nameof(Period), Period, TotalSteps));

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget) => Sample(
        TotalSteps, Period, budget, step => StartFactor + ((EndFactor - StartFactor) * ((double)step / TotalSteps)));
}
