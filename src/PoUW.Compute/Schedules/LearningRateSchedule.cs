using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// The learning rate of every step as a factor of the optimiser's. A schedule is evaluated when a model is compiled and becomes a table
/// in the program, so that no library function runs while training. The factors are computed in binary64 with +, -, * and / only, each
/// rounded once, so that the same schedule gives the same program on every machine. Steps count from 0. Immutable.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>Entries of a table: a schedule that changes more often is refused.</summary>
    public const int MaxChanges = 4096;

    /// <summary>Steps of a schedule at most.</summary>
    public const long MaxSteps = 1L << 40;

    /// <summary>The factor 1 for ever.</summary>
    public static LearningRateSchedule Constant { get; } = new ConstantSchedule();

    /// <summary>torch.optim.lr_scheduler.StepLR: the rate is multiplied by gamma after every stepSize steps.</summary>
    public static LearningRateSchedule Step(long stepSize, double gamma = 0.1) => new StepSchedule(stepSize, gamma);

    /// <summary>MultiStepLR: the rate is multiplied by gamma at every milestone.</summary>
    public static LearningRateSchedule MultiStep(IReadOnlyList<long> milestones, double gamma = 0.1) => new MultiStepSchedule(milestones, gamma);

    /// <summary>CosineAnnealingLR: half a cosine from 1 to a minimum, where the rate stays.</summary>
    public static LearningRateSchedule Cosine(long totalSteps, double minimumFactor = 0) => new CosineSchedule(totalSteps, minimumFactor);

    /// <summary>LinearLR: a straight line from one factor to another, where the rate stays.</summary>
    public static LearningRateSchedule Linear(long totalSteps, double startFactor = 1.0 / 3, double endFactor = 1) =>
        new LinearSchedule(totalSteps, startFactor, endFactor);

    /// <summary>ExponentialLR: gamma to the power of the step, up to a number of steps, after which the rate stays.</summary>
    public static LearningRateSchedule Exponential(double gamma, long totalSteps) => new ExponentialSchedule(gamma, totalSteps);

    /// <summary>This schedule behind a linear warm-up.</summary>
    /// <param name="steps">Steps of the warm-up; this schedule starts after them.</param>
    public LearningRateSchedule WithWarmUp(long steps) => new WarmUpSchedule(steps, this);

    /// <summary>Checks every field.</summary>
    public abstract ValidationResult Validate();

    /// <summary>
    /// The factors: (first step, factor), sorted, the first at step 0, finitely many. Neighbours may be equal. A schedule whose period is
    /// not given chooses it so that there are at most <paramref name="budget"/> entries.
    /// </summary>
    internal abstract IEnumerable<(long FirstStep, double Factor)> Changes(int budget = MaxChanges);

    private protected static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);

    private protected static ValidationResult CheckSteps(string field, long steps) => steps is >= 1 and <= MaxSteps
        ? ValidationResult.Ok
        : Bad(field, $"{field} is 1 to {MaxSteps}, not {steps}.");

    private protected static ValidationResult CheckGamma(string field, double gamma) => gamma > 0 && gamma <= 1
        ? ValidationResult.Ok
        : Bad(field, $"{field} is above 0 and at most 1, not {gamma}.");

    private protected static ValidationResult CheckFactor(string field, double factor) => factor >= 0 && factor <= 1
        ? ValidationResult.Ok
        : Bad(field, $"{field} is 0 to 1, not {factor}.");

    /// <summary>Checks a period: 0, or one that keeps the table small enough.</summary>
    private protected static ValidationResult CheckPeriod(string field, long period, long steps)
    {
        if (period < 0)
        {
            return Bad(field, $"{field} is the number of steps between changes, or 0 for the smallest that is possible, not {period}.");
        }

        return period == 0 || (steps - 1) / period < MaxChanges - 1
            ? ValidationResult.Ok
            : Bad(field, $"A {field} of {period} changes the rate more than {MaxChanges} times in {steps} steps.");
    }

    /// <summary>The first error of several.</summary>
    private protected static ValidationResult First(params ReadOnlySpan<ValidationResult> results)
    {
        foreach (ValidationResult result in results)
        {
            if (!result.IsValid)
            {
                return result;
            }
        }

        return ValidationResult.Ok;
    }

    /// <summary>Samples a curve at the multiples of the period below the last step, and at the last step.</summary>
    private protected static IEnumerable<(long FirstStep, double Factor)> Sample(long steps, long period, int budget, Func<long, double> curve)
    {
        long stride = period > 0 ? period : ScheduleArithmetic.PeriodOf(steps, budget - 1);
        for (long step = 0; step < steps; step += stride)
        {
            yield return (step, curve(step));
        }

        yield return (steps, curve(steps));
    }
}
