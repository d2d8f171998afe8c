using PoUW.Compute.Tolerance;
using PoUW.Core.Validation;

namespace PoUW.Sdk.Jobs;

/// <summary>
/// A job of lane T: a module trained in float by workers with any device of one class, audited within bounds. Cheaper and faster on GPUs than an exact job,
/// and proven less: equal requests train models that are equal within the bounds only.
/// </summary>
public sealed record ToleranceRequest : JobRequest
{
    /// <summary>What is trained, and the bounds of its audits, which a client measures before (<see cref="ToleranceCalibration"/>).</summary>
    public required ToleranceProgram Program { get; init; }

    /// <inheritdoc/>
    internal override ValidationResult Validate()
    {
        if (base.Validate() is { IsValid: false } wrong)
        {
            return wrong;
        }

        return Program.Validate();
    }
}
