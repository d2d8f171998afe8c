using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>A device with the first method that passes the self-test, and its speed.</summary>
internal sealed class DeviceLane
{
    private const int Probe = 768;
    private const int Probes = 3;

    private static readonly ProductMethod[] CudaMethods = [ProductMethod.Tf32, ProductMethod.Float32, ProductMethod.Float64];
    private static readonly ProductMethod[] CpuMethods = [ProductMethod.Float32, ProductMethod.Float64];

    private DeviceLane(TorchDevice device, ProductMethod method, IDeviceProduct? product)
    {
        (Device, Method, Product) = (device, method, product);
    }

    internal TorchDevice Device { get; }

    internal ProductMethod Method { get; }

    /// <summary>Null if no method passed.</summary>
    internal IDeviceProduct? Product { get; }

    /// <summary>Tries the methods, the fastest first.</summary>
    internal static DeviceLane Choose(TorchDevice device, Func<TorchDevice, ProductMethod, IDeviceProduct> create)
    {
        foreach (ProductMethod method in device.Kind == TorchDeviceKind.Cuda ? CudaMethods : CpuMethods)
        {
            IDeviceProduct product = create(device, method);
            if (ProductSelfTest.Passes(product))
            {
                return new DeviceLane(device, method, product);
            }
        }

        return new DeviceLane(device, ProductMethod.None, null);
    }

    /// <summary>Multiply-accumulates a second: the best of a few products.</summary>
    internal double Measure(TimeProvider time)
    {
        MatMulShape shape = new(Probe, Probe, Probe, false, false);
        sbyte[] operand = new sbyte[Probe * Probe];
        int[] sums = new int[Probe * Probe];
        double best = 0;
        for (int i = 0; i < Probes; i++)
        {
            long start = time.GetTimestamp();
            if (Product!.Multiply(shape, .., operand, operand, sums) != ProductOutcome.Done)
            {
                return 0;
            }

            best = Math.Max(best, shape.MacCount / Math.Max(time.GetElapsedTime(start).TotalSeconds, 1e-9));
        }

        return best;
    }
}
