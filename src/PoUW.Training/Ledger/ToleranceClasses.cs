using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;
using PoUW.Economics.Staking;

namespace PoUW.Training.Ledger;

/// <summary>The classes of lane T that an account enrols for.</summary>
internal static class ToleranceClasses
{
    /// <summary>The ids of an engine's classes as a stake holds them: each once, in ascending order; none without an engine.</summary>
    /// <exception cref="ArgumentException">There are more than an account can enrol for: the stake that says so would be refused for ever.</exception>
    public static IReadOnlyList<Hash256> Of(IToleranceEngine? engine)
    {
        Hash256[] classes = engine is null ? [] : [.. engine.Classes.Select(static known => known.Id).Distinct().Order()];
        return classes.Length <= StakePayload.MaxToleranceClasses
            ? classes
            : throw new ArgumentException(
                $"The engine of the option Tolerance has {classes.Length} classes; an account enrols for at most {StakePayload.MaxToleranceClasses}.",
                nameof(engine));
    }
}
