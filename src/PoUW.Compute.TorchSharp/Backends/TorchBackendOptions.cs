using PoUW.Compute.TorchSharp.Devices;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>How a <see cref="TorchBackend"/> uses the devices.</summary>
public sealed record TorchBackendOptions
{
    /// <summary>The devices; null for what <see cref="TorchDiscovery.Best"/> finds.</summary>
    public IReadOnlyList<TorchDevice>? Devices { get; init; }

    /// <summary>Multiply-accumulates below which a product is not worth the way to a device.</summary>
    public long MinimumMacs { get; init; } = 1L << 24;

    /// <summary>Bytes of a device that a product may use. A product that needs more is done in parts.</summary>
    public long MaxDeviceBytes { get; init; } = 2L << 30;

    /// <summary>
    /// Every how many products of devices one is checked on the processor (Freivalds, modulo 2^32); 0 for never. A device that gave a wrong one is used no
    /// longer.
    /// </summary>
    public int CheckEvery { get; init; } = 16;

    /// <summary>Decides the vectors of those checks.</summary>
    public uint CheckSeed { get; init; } = 1;

    /// <summary>Measures the devices' speed when there are several.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
