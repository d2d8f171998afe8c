using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// torch.optim.lr_scheduler.StepLR: gamma^(step / stepSize), the quotient rounded down. A table ends after
/// <see cref="LearningRateSchedule.MaxChanges"/> entries; then the rate stays.
/// </summary>
/// <param name="StepSize">Steps between changes, at least 1.</param>
/// <param name="Gamma">Factor of a change, above 0 and at most 1.</param>
public sealed record StepSchedule(long StepSize, double Gamma = 0.1) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override ValidationResult Validate() => First(CheckSteps(nameof(StepSize), StepSize), CheckGamma(nameof(Gamma), Gamma));

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget)
    {
        double factor = 1;
        for (int i = 0; i < budget && factor > 0; i++, factor *= Gamma)
        {
            yield return (i * StepSize, factor);
        }
    }
}
