using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Validation;

namespace PoUW.Training.Execution;

/// <summary>What the manifest of a job of lane T commits to.</summary>
/// <param name="Program">The program whose hash the manifest names.</param>
/// <param name="Data">The data whose root the manifest names.</param>
public sealed record ToleranceAssets(ToleranceProgram Program, Dataset Data)
{
    /// <summary>Checks both against the manifest.</summary>
    public ValidationResult Validate(JobManifest manifest)
    {
        if (Program.Hash != manifest.ProgramHash)
        {
            return Bad(nameof(manifest.ProgramHash), $"The program hashes to {Program.Hash}.");
        }

        if (Program.Class.Id != manifest.ToleranceClass)
        {
            return Bad(nameof(manifest.ToleranceClass), $"The program is for {Program.Class}, whose id is {Program.Class.Id}.");
        }

        return Data.Root == manifest.DatasetRoot ? ValidationResult.Ok : Bad(nameof(manifest.DatasetRoot), $"The data's root is {Data.Root}.");
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.BadManifest, field, message);
}
