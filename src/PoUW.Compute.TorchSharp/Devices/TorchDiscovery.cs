using TorchSharp;

namespace PoUW.Compute.TorchSharp.Devices;

/// <summary>What libtorch finds on this machine. A machine without libtorch, or with one that does not load, has no devices and a reason.</summary>
/// <param name="Devices">GPUs first, then the processor; empty if libtorch does not load.</param>
/// <param name="Problem">Why there are no devices, or no GPUs; null if there is nothing to say.</param>
public sealed record TorchDiscovery(IReadOnlyList<TorchDevice> Devices, string? Problem)
{
    /// <summary>The GPUs if there are any, else the processor, else nothing.</summary>
    public IReadOnlyList<TorchDevice> Best =>
        Devices.Any(static device => device.Kind == TorchDeviceKind.Cuda) ? [.. Devices.Where(static device => device.Kind == TorchDeviceKind.Cuda)] : Devices;

    /// <summary>Loads libtorch and asks it. Takes about a third of a second the first time in a process. Any thread.</summary>
    public static TorchDiscovery Run() => Run(CountGpus);

    /// <summary>The same with another way to load libtorch and count GPUs.</summary>
    internal static TorchDiscovery Run(Func<int> countGpus)
    {
        try
        {
            int gpus = countGpus();
            IEnumerable<TorchDevice> found = Enumerable.Range(0, gpus).Select(static index => new TorchDevice(TorchDeviceKind.Cuda, index));
            return new TorchDiscovery([.. found, TorchDevice.Cpu], gpus == 0 ? "libtorch finds no CUDA device." : null);
        }
        catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException or NotSupportedException or EntryPointNotFoundException)
        {
            return new TorchDiscovery([], $"libtorch does not load: {failure.GetBaseException().Message.Split('\n')[0]}");
        }
    }

    private static int CountGpus()
    {
        using torch.Tensor loads = torch.empty(1);
        return torch.cuda.is_available() ? torch.cuda.device_count() : 0;
    }
}
