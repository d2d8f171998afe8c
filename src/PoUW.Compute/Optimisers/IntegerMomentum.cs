using PoUW.Compute.Compilation;
using PoUW.Core.Validation;

namespace PoUW.Compute.Optimisers;

/// <summary>
/// The optimiser of lane I: integer momentum on Int32 master weights in Q16. A gradient is scaled so that its largest element has seven
/// bits, then by 2^shift of the schedule: the shift is the learning rate.
/// </summary>
/// <param name="Schedule">Rates; the first at step 0, then increasing.</param>
public sealed record IntegerMomentum(IReadOnlyList<LearningRateStep> Schedule) : Optimiser
{
    private const int MaxSchedule = 64;
    private const int MaxRateShift = 20;

    /// <summary>Momentum keeps 1 - 2^-shift of the velocity, 1 to 16.</summary>
    public int MomentumShift { get; init; } = 3;

    /// <inheritdoc/>
    public override Lane Lane => Lane.Integer;

    /// <inheritdoc/>
    public override ValidationResult Validate()
    {
        if (MomentumShift is < 1 or > 16)
        {
            return Bad(nameof(MomentumShift), $"MomentumShift is 1 to 16, not {MomentumShift}.");
        }

        if (Schedule.Count is < 1 or > MaxSchedule || Schedule[0].FirstStep != 0)
        {
            return Bad(nameof(Schedule), $"A schedule has 1 to {MaxSchedule} entries, the first at step 0.");
        }

        for (int i = 0; i < Schedule.Count; i++)
        {
            if (Schedule[i].Shift is < 0 or > MaxRateShift)
            {
                return Bad(nameof(Schedule), $"A rate shift is 0 to {MaxRateShift}, not {Schedule[i].Shift}.");
            }

            if (i > 0 && Schedule[i].FirstStep <= Schedule[i - 1].FirstStep)
            {
                return Bad(nameof(Schedule), "The steps of a schedule must increase.");
            }
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
