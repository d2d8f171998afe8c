using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>torch.optim.lr_scheduler.MultiStepLR: the rate is multiplied by gamma at every milestone.</summary>
/// <param name="Milestones">Steps at which the rate changes, increasing, the first at least 1.</param>
/// <param name="Gamma">Factor of a change, above 0 and at most 1.</param>
public sealed record MultiStepSchedule(IReadOnlyList<long> Milestones, double Gamma = 0.1) : LearningRateSchedule
{
    /// <inheritdoc/>
    public override ValidationResult Validate()
    {
        if (Milestones.Count is < 1 or >= MaxChanges)
        {
            return Bad(nameof(Milestones), $"There are 1 to {MaxChanges - 1} milestones, not {Milestones.Count}.");
        }

        for (int i = 0; i < Milestones.Count; i++)
        {
            if (Milestones[i] > MaxSteps || Milestones[i] <= (i == 0 ? 0 : Milestones[i - 1]))
            {
                return Bad(nameof(Milestones), $"Milestones increase, from at least 1 to at most {MaxSteps}; {Milestones[i]} does not fit.");
            }
        }

        return CheckGamma(nameof(Gamma), Gamma);
    }

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget)
    {
        double factor = 1;
        yield return (0, factor);
        foreach (long milestone in Milestones)
        {
            factor *= Gamma;
            yield return (milestone, factor);
        }
    }
}
