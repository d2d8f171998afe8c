using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Lane T on the processor with the exact kernels of lane R: the same bits on every processor, so that one without a GPU can work or audit. Thread-safe if
/// the functions are.
/// </summary>
public sealed class ReproducibleEngine : IToleranceEngine
{
    private readonly Dictionary<string, Func<Module>> _modules;
    private readonly int _threads;

    /// <summary>Makes an engine.</summary>
    /// <param name="devices">Name of the class of devices that this one belongs to.</param>
    /// <param name="modules">
    /// By name, what makes a module anew: a recipe's input with the batch in front in, one logit a class out. It has the tensors, by name, of the PyTorch module that other
    /// devices train under that name.
    /// </param>
    /// <param name="threads">Threads that share an operation, the caller's included. They never change a bit.</param>
    /// <exception cref="ToleranceException">A name is empty, too long or not printable ASCII.</exception>
    public ReproducibleEngine(string devices, IReadOnlyDictionary<string, Func<Module>> modules, int threads = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        (_modules, _threads) = (new(modules, StringComparer.Ordinal), threads);
        Classes = ToleranceClass.Of(devices, modules.Keys);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ToleranceClass> Classes { get; }

    /// <inheritdoc/>
    public IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong seed) => Classes.Contains(recipe.Class)
        ? new ReproducibleUnits(recipe, new ToleranceSamples(recipe, data), _modules[recipe.Class.Module](), orderKey, seed, _threads)
        : throw new ToleranceException($"This engine does not train {recipe.Class}.");
}
