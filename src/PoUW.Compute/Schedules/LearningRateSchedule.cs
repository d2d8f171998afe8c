using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>
/// The learning rate of every step as a factor of the optimiser's. A schedule is evaluated when a model is compiled and becomes a table
/// in the program, so that no library function runs while training. Steps count from 0. Immutable.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>Entries of a table: a schedule that changes more often is refused.</summary>
    public const int MaxChanges = 4096;

    /// <summary>The factor 1 for ever.</summary>
    public static LearningRateSchedule Constant { get; } = new ConstantSchedule();

    /// <summary>Checks every field.</summary>
    public abstract ValidationResult Validate();

    /// <summary>The factors: (first step, factor), sorted, the first at step 0. Neighbours may be equal.</summary>
    internal abstract IEnumerable<(long FirstStep, double Factor)> Changes();
}

/// <summary>The factor 1 for ever.</summary>
internal sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override ValidationResult Validate() => ValidationResult.Ok;

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes() => [(0, 1)];
}
