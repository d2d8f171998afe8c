using System.Runtime.InteropServices;
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
    public static TorchDiscovery Run() => Run(CountGpus, static () => NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, null));

    /// <summary>The same with other ways to load libtorch and count GPUs, and to load its shim alone.</summary>
    internal static TorchDiscovery Run(Func<int> countGpus, Action? loadShim = null)
    {
        try
        {
            int gpus = countGpus();
            IEnumerable<TorchDevice> found = Enumerable.Range(0, gpus).Select(static index => new TorchDevice(TorchDeviceKind.Cuda, index));
            return new TorchDiscovery([.. found, TorchDevice.Cpu], gpus == 0 ? "libtorch finds no CUDA device." : null);
        }
        catch (Exception failure) when (failure is TypeInitializationException or DllNotFoundException or NotSupportedException or EntryPointNotFoundException)
        {
            return new TorchDiscovery([], $"libtorch does not load: {Reason(loadShim) ?? failure.GetBaseException().Message.Split('\n')[0]}");
        }
    }

    /// <summary>
    /// TorchSharp says that a package is missing whatever the reason; the system's loader knows better. It names each file that it tried: one that was found and has
    /// something wrong is the reason.
    /// </summary>
    private static string? Reason(Action? loadShim)
    {
        try
        {
            loadShim?.Invoke();
            return null;
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            return failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Skip(1)
                .FirstOrDefault(static line => !line.EndsWith("No such file or directory", StringComparison.Ordinal));
        }
    }

    private static int CountGpus()
    {
        using torch.Tensor loads = torch.empty(1);
        return torch.cuda.is_available() ? torch.cuda.device_count() : 0;
    }
}
