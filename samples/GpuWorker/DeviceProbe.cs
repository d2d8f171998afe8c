using System.Diagnostics;
using System.Text.Json;
using PoUW.Compute.Backends;
using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Compute.TorchSharp.Tolerance;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace GpuWorker;

/// <summary>One device: ours beside plain torch, one JSON line for each measurement. Each number is the best of a few.</summary>
internal static class DeviceProbe
{
    private const int Repetitions = 5;
    private const int Side = 28;
    private const int Batch = 64;
    private const int Steps = 16;

    public static void Print(TorchDevice device, TextWriter output)
    {
        using TorchBackend ours = new(new CpuBackend(), new TorchBackendOptions { Devices = [device] });
        using TorchBackend never = new(new CpuBackend(), new TorchBackendOptions { Devices = [device], CheckEvery = 0 });
        using TorchBackend always = new(new CpuBackend(), new TorchBackendOptions { Devices = [device], CheckEvery = 1 });
        foreach (int size in new[] { 1024, 2048 })
        {
            long before = ours.DeviceProducts;
            double int8 = 2.0 * size * size * size / Best(Product(ours, size)) / 1e9;
            Line(output, device, "int8 product, ours, way to the device included", size, int8, "GOP/s", ours.DeviceProducts > before);
            Line(output, device, "fp32 product, plain torch, on the device", size, Plain(device, size), "GOP/s", true);
            CheckLine(output, device, size, Product(never, size), Product(always, size));
        }

        Line(output, device, "training, lane T, states in and out included", Batch, LaneT(device), "images/s", true);
        Line(output, device, "training, plain torch", Batch, PlainTraining(device), "images/s", true);
    }

    private static void Line(TextWriter output, TorchDevice device, string what, int size, double rate, string unit, bool onDevice) =>
        output.WriteLine(JsonSerializer.Serialize(new { device = device.ToString(), what, size, rate = Math.Round(rate, 1), unit, onDevice }));

    /// <summary>What the check of a product costs: its time over that of the product, and what of it remains when one of 16 is checked.</summary>
    private static void CheckLine(TextWriter output, TorchDevice device, int size, Action product, Action withCheck)
    {
        (double without, double with) = (double.MaxValue, double.MaxValue);
        for (int i = 0; i < Repetitions; i++)
        {
            // In turn, so that whoever else uses the machine meets both.
            without = Math.Min(without, Best(product));
            with = Math.Min(with, Best(withCheck));
        }

        output.WriteLine(JsonSerializer.Serialize(new
        {
            device = device.ToString(),
            what = "int8 product without and with its check",
            size,
            milliseconds = Math.Round(without * 1e3, 2),
            withCheck = Math.Round(with * 1e3, 2),
            checkOverProduct = Math.Round((with / without) - 1, 3),
            everySixteenth = Math.Round(((with / without) - 1) / new TorchBackendOptions().CheckEvery, 4),
        }));
    }

    private static Action Product(TorchBackend backend, int size)
    {
        MatMulShape shape = new(size, size, size, false, false);
        (Tensor a, Tensor b, Tensor c) = (new(TensorType.Int8, size, size), new(TensorType.Int8, size, size), new(TensorType.Int32, size, size));
        a.Int8.Fill(-64);
        b.Int8.Fill(63);
        return () => backend.MatMul(shape, a, b, c);
    }

    private static double Plain(TorchDevice device, int size)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        (torch.Tensor a, torch.Tensor b) = (torch.rand(size, size, device: At(device)), torch.rand(size, size, device: At(device)));
        return 2.0 * size * size * size / Best(() =>
        {
            using torch.Tensor c = torch.matmul(a, b);
            Wait(device);
        }) / 1e9;
    }

    private static double LaneT(TorchDevice device)
    {
        ToleranceRecipe recipe = new() { Class = new("net", "any"), InputShape = [1, Side, Side], BatchSize = Batch };
        Dataset data = SyntheticImages.Create(classes: 10, count: Batch * Steps, side: Side, seed: 1);
        TorchToleranceEngine engine = new(device, recipe.Class.Devices, new Dictionary<string, Func<Module<torch.Tensor, torch.Tensor>>> { [recipe.Class.Module] = Net });
        using IToleranceUnits units = engine.Open(recipe, data, Hash256.Sha256([1]), seed: 1);
        PoUW.Compute.StateDicts.StateDict state = units.InitialState();
        return Batch * Steps / Best(() => units.Run(state, 0, Steps, default));
    }

    /// <summary>The same net and optimiser by torch alone, the batch already on the device.</summary>
    private static double PlainTraining(TorchDevice device)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using Module<torch.Tensor, torch.Tensor> net = Net();
        net.to(At(device));
        using torch.optim.Optimizer optimiser = torch.optim.SGD(net.parameters(), 0.05, momentum: 0.9);
        torch.Tensor inputs = torch.rand(Batch, 1, Side, Side, device: At(device));
        torch.Tensor labels = torch.zeros(Batch, torch.ScalarType.Int64, At(device));
        return Batch * Steps / Best(() =>
        {
            for (int i = 0; i < Steps; i++)
            {
                using DisposeScope step = torch.NewDisposeScope();
                optimiser.zero_grad();
                functional.cross_entropy(net.forward(inputs), labels).backward();
                optimiser.step();
            }

            Wait(device);
        });
    }

    private static Module<torch.Tensor, torch.Tensor> Net() =>
        Sequential(Conv2d(1, 16, 3), BatchNorm2d(16), ReLU(), MaxPool2d(2), Flatten(), Linear(16 * 13 * 13, 10));

    private static torch.Device At(TorchDevice device) => torch.device(device.ToString());

    private static void Wait(TorchDevice device)
    {
        if (device.Kind == TorchDeviceKind.Cuda)
        {
            torch.cuda.synchronize(At(device));
        }
    }

    private static double Best(Action action)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
