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

    /// <summary>
    /// Chooses for all devices. The GPUs of a process share one TF32 flag: they take TF32 if all of them are exact with it, else none does, so that their parts of a
    /// product can run at once.
    /// </summary>
    internal static DeviceLane[] Choose(IEnumerable<TorchDevice> devices, Func<TorchDevice, ProductMethod, IDeviceProduct> create)
    {
        DeviceLane[] lanes = [.. devices.Select(device => Choose(device, create, tf32: true))];
        bool[] withTf32 = [.. lanes.Where(static lane => lane.Device.Kind == TorchDeviceKind.Cuda).Select(static lane => lane.Method == ProductMethod.Tf32).Distinct()];
        return withTf32.Length <= 1 ? lanes : [.. lanes.Select(lane => lane.Method == ProductMethod.Tf32 ? Choose(lane.Device, create, tf32: false) : lane)];
    }

    /// <summary>Tries the methods, the fastest first.</summary>
    private static DeviceLane Choose(TorchDevice device, Func<TorchDevice, ProductMethod, IDeviceProduct> create, bool tf32)
    {
        foreach (ProductMethod method in device.Kind == TorchDeviceKind.Cuda ? CudaMethods[(tf32 ? 0 : 1)..] : CpuMethods)
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
