using PoUW.Compute.Data;
using PoUW.Core.Jobs;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>What a manifest commits to: the verified program and the training data.</summary>
/// <param name="Program">The program whose hash the manifest names.</param>
/// <param name="Data">The data whose root the manifest names.</param>
public sealed record JobAssets(VmProgram Program, Dataset Data)
{
    /// <summary>Checks both against the manifest.</summary>
    public ValidationResult Validate(JobManifest manifest)
    {
        if (Program.Hash != manifest.ProgramHash)
        {
            return ValidationResult.Fail(ValidationCode.BadManifest, nameof(manifest.ProgramHash), $"The program hashes to {Program.Hash}.");
        }

        return Data.Root == manifest.DatasetRoot
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.BadManifest, nameof(manifest.DatasetRoot), $"The data's root is {Data.Root}.");
    }
}
