namespace PoUW.Compute.TorchSharp.Devices;

/// <summary>What a device is.</summary>
public enum TorchDeviceKind
{
    /// <summary>The processor, by libtorch.</summary>
    Cpu,

    /// <summary>A GPU, by CUDA.</summary>
    Cuda,
}
