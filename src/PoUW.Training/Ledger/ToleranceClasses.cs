using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Training.Ledger;

/// <summary>The classes of lane T that an account enrols for.</summary>
internal static class ToleranceClasses
{
    /// <summary>The ids of an engine's classes as a stake holds them: each once, in ascending order; none without an engine.</summary>
    public static IReadOnlyList<Hash256> Of(IToleranceEngine? engine) =>
        engine is null ? [] : [.. engine.Classes.Select(static known => known.Id).Distinct().Order()];
}
