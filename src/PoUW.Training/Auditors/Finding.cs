using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Training.Auditors;

/// <summary>What a replay gives.</summary>
/// <param name="StateBytes">Size of an encoded state of the job: a record cannot make the auditor fetch more.</param>
/// <param name="Judge">Says what to open, from the state that the worker's record names, or null if it cannot be had.</param>
internal sealed record Finding(long StateBytes, Func<ModelState?, Opinion> Judge)
{
    /// <summary>Of an exact lane: one digest is right, whatever the worker serves.</summary>
    public static Finding Exact(ReplayedUnit honest, Hash256 digest, long stateBytes) => new(
        stateBytes, claimed => new Opinion(digest, claimed is not null, honest));
}
