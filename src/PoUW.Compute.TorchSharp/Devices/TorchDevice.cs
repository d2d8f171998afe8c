using TorchSharp;

namespace PoUW.Compute.TorchSharp.Devices;

/// <summary>A device of this machine.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">Number of the GPU; 0 for the processor.</param>
public sealed record TorchDevice(TorchDeviceKind Kind, int Index)
{
    /// <summary>The processor.</summary>
    public static TorchDevice Cpu { get; } = new(TorchDeviceKind.Cpu, 0);

    /// <summary>As PyTorch names it: "cpu", "cuda:0".</summary>
    public override string ToString() => Kind == TorchDeviceKind.Cpu ? "cpu" : FormattableString.Invariant($"cuda:{Index}");

    internal torch.Device ToTorch() => new(Kind == TorchDeviceKind.Cpu ? DeviceType.CPU : DeviceType.CUDA, Kind == TorchDeviceKind.Cpu ? -1 : Index);
}
