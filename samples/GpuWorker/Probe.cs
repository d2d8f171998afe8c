using System.Diagnostics;
using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace GpuWorker;

/// <summary>What the machine has, and how fast it is beside the default backend.</summary>
internal static class Probe
{
    private const int Repetitions = 5;

    private static readonly int[] Sizes = [512, 1024, 2048];

    public static void Print(TorchBackend backend, TextWriter output)
    {
        foreach (DeviceStatus device in backend.Devices)
        {
            output.WriteLine($"device     {device.Device}, {device.Share:P0} of the rows");
            output.WriteLine($"self-test  passed: exact by {device.Method}");
        }

        if (backend.Problem is { } problem)
        {
            output.WriteLine($"note       {problem}");
        }

        if (backend.Devices.Count == 0)
        {
            output.WriteLine("device     none: the default backend does everything");
            output.WriteLine("self-test  none: there is no device that could be used");
        }

        using CpuBackend inner = new();
        foreach (int size in Sizes)
        {
            output.WriteLine($"int8 {size,4}  {Where(backend, size)} {Rate(backend, size):F0} GOP/s, default backend on one thread {Rate(inner, size):F0} GOP/s");
        }
    }

    /// <summary>A product that is refused by a device is the default backend's, and its speed.</summary>
    private static string Where(TorchBackend backend, int size)
    {
        long before = backend.DeviceProducts;
        Rate(backend, size);
        return backend.DeviceProducts > before ? "on the device" : "without a device";
    }

    /// <summary>Billions of additions and multiplications a second, the way to the device and back included: the best of a few.</summary>
    private static double Rate(ITensorBackend backend, int size)
    {
        MatMulShape shape = new(size, size, size, false, false);
        Tensor a = new(TensorType.Int8, size, size);
        Tensor b = new(TensorType.Int8, size, size);
        Tensor c = new(TensorType.Int32, size, size);
        a.Int8.Fill(-64);
        b.Int8.Fill(63);
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            backend.MatMul(shape, a, b, c);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            best = time < best ? time : best;
        }

        return 2.0 * shape.MacCount / best.TotalSeconds / 1e9;
    }
}
