using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Core.Primitives;

namespace PoUW.Simulation.Devices;

/// <summary>
/// An engine of lane T whose results differ from those of another one as the results of another device do: what it computes is right, with a seeded rounding
/// error on every number of the state after each run. Equal seeds make equal devices. Thread-safe as the inner one is.
/// </summary>
/// <param name="inner">Computes.</param>
/// <param name="seed">Tells devices apart.</param>
/// <param name="largestError">Largest error, in units in the last place of a number; 1 to 2^20.</param>
public sealed class OtherDeviceEngine(IToleranceEngine inner, ulong seed, int largestError = 2) : IToleranceEngine
{
    private const int MostError = 1 << 20;

    private readonly int _largestError = largestError is >= 1 and <= MostError
        ? largestError
        : throw new ArgumentOutOfRangeException(nameof(largestError), largestError, $"1 to {MostError}.");

    /// <inheritdoc/>
    public IReadOnlyList<ToleranceClass> Classes => inner.Classes;

    /// <inheritdoc/>
    public IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong initialSeed) =>
        new OtherDeviceUnits(inner.Open(recipe, data, orderKey, initialSeed), seed, _largestError);
}
