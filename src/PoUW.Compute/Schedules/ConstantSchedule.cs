using PoUW.Core.Validation;

namespace PoUW.Compute.Schedules;

/// <summary>The factor 1 for ever.</summary>
internal sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override ValidationResult Validate() => ValidationResult.Ok;

    /// <inheritdoc/>
    internal override IEnumerable<(long FirstStep, double Factor)> Changes(int budget) => [(0, 1)];
}
