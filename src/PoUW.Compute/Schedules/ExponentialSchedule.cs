using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// torch.optim.lr_scheduler.ExponentialLR: gamma^step up to totalSteps. Behind them the rate stays, where PyTorch's goes on: a table is finite.
/// </summary>
/// <param name="Gamma">Factor of a step, above 0 and at most 1.</param>
/// <param name="TotalSteps">Steps of the training, at least 1.</param>
public sealed record ExponentialSchedule(double Gamma, long TotalSteps) : LearningRateSchedule
{
    /// <summary>Steps between changes; 0 for the smallest that the table can hold: 1 up to 4095 steps.</summary>
    public long Period { get; init; }

    /// <inheritdoc/>
    public override ValidationResult Validate() => First(
        CheckGamma(nameof(Gamma), Gamma), CheckSteps(nameof(TotalSteps), TotalSteps), CheckPeriod(nameof(Period), Period, TotalSteps));

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget) =>
        Sample(TotalSteps, Period, budget, step => ScheduleArithmetic.Power(Gamma, step));
}
