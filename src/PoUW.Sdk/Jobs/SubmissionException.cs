using PoUW.Core;
using PoUW.Core.Validation;

namespace PoUW.Sdk.Jobs;

/// <summary>A job was refused before it reached the chain: a wrong field, or a balance that does not cover escrow and fee.</summary>
public sealed class SubmissionException : PouwException
{
    /// <summary>Creates the exception.</summary>
    public SubmissionException(ValidationResult result)
        : base($"The job was refused: {result}") => Result = result;

    /// <summary>Why.</summary>
    public ValidationResult Result { get; }
}
