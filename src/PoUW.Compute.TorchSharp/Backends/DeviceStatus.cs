using PoUW.Compute.TorchSharp.Devices;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>What a backend thinks of a device.</summary>
/// <param name="Device">The device.</param>
/// <param name="Method">How it multiplies; none if no method passed the self-test.</param>
/// <param name="Share">Part of the rows of a product that it gets, by its measured speed; 0 to 1.</param>
public sealed record DeviceStatus(TorchDevice Device, ProductMethod Method, double Share);
