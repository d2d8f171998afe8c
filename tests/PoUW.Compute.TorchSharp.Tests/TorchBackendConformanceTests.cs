using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Backends;
using PoUW.Vm.Tests.Backends;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>The suite of the default backends, with every product on the device and in each method.</summary>
[TestFixture(ProductMethod.Float32)]
[TestFixture(ProductMethod.Float64)]
public sealed class TorchBackendConformanceTests(ProductMethod method) : TensorBackendConformance
{
    protected override ITensorBackend Create()
    {
        Libtorch.OrSkip();
        return new TorchBackend(
            new CpuBackend(),
            new TorchBackendOptions { Devices = [TorchDevice.Cpu], MinimumMacs = 0 },
            (device, _) => new TorchProduct(device, method, 1 << 28));
    }
}
