using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Core.Primitives;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>Lane T on a device of libtorch. Thread-safe if the functions are.</summary>
public sealed class TorchToleranceEngine : IToleranceEngine
{
    private readonly TorchDevice _device;
    private readonly Dictionary<string, Func<torch.nn.Module<torch.Tensor, torch.Tensor>>> _modules;

    /// <summary>Makes an engine.</summary>
    /// <param name="device">The device.</param>
    /// <param name="devices">Name of the class of devices that it belongs to.</param>
    /// <param name="modules">
    /// By name, what makes a module anew: a recipe's input with the batch in front in, one logit a class out. It has no state but fp32 parameters and buffers of fp32 or
    /// Int64, and no dropout: its masks are of the device's own random numbers.
    /// </param>
    /// <exception cref="ToleranceException">A name is empty, too long or not printable ASCII.</exception>
    public TorchToleranceEngine(TorchDevice device, string devices, IReadOnlyDictionary<string, Func<torch.nn.Module<torch.Tensor, torch.Tensor>>> modules)
    {
        (_device, _modules) = (device, new(modules, StringComparer.Ordinal));
        Classes = ToleranceClass.Of(devices, modules.Keys);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ToleranceClass> Classes { get; }

    /// <inheritdoc/>
    public IToleranceUnits Open(ToleranceRecipe recipe, Dataset data, Hash256 orderKey, ulong seed)
    {
        if (!Classes.Contains(recipe.Class))
        {
            throw new ToleranceException($"This engine does not train {recipe.Class}.");
        }

        ToleranceSamples samples = new(recipe, data);
        return TorchFailure.Guard(() => new TorchUnits(recipe, samples, orderKey, seed, _modules[recipe.Class.Module], _device.ToTorch()));
    }
}
