using PoUW.Compute.Data;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Trains modules in float on some device: lane T. What it computes need not be the same bits on another device, only within the bounds of the job; nobody
/// trusts it but the node that runs it. Thread-safe.
/// </summary>
public interface IToleranceEngine
{
    /// <summary>What it can train; the node's accounts enrol for these. Does not change.</summary>
    IReadOnlyList<ToleranceClass> Classes { get; }

    /// <summary>Prepares a job.</summary>
    /// <param name="recipe">What is trained, and how; its class is one of <see cref="Classes"/>.</param>
    /// <param name="data">The data.</param>
    /// <param name="orderKey">Key of the data order.</param>
    /// <param name="seed">Seed of the initial state.</param>
    /// <returns>The caller disposes of it.</returns>
    /// <exception cref="ToleranceException">The recipe is of another class or out of its limits, the data does not fit it, or the device cannot be used.</exception>
    IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong seed);
}
