using GpuWorker;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;

const string Usage = """
    usage: GpuWorker [--probe | --lane-t]
      without arguments: trains a small exact job on the device
      --probe            devices, self-tests and throughput only
      --lane-t           trains a torch module in float on a small network whose validators audit it on the processor
    """;
if (args is ["--help"])
{
    Console.WriteLine(Usage);
    return 0;
}

if (args is not ([] or ["--probe"] or ["--lane-t"]))
{
    Console.Error.WriteLine($"GpuWorker does not know '{string.Join(' ', args)}'");
    Console.Error.WriteLine(Usage);
    return 2;
}

// Constructing the backend discovers the devices and tests them; what fails is not used.
using TorchBackend backend = new();
Probe.Print(backend, Console.Out);
if (args.Length == 0)
{
    await WorkerRun.RunAsync(backend, Console.Out);
    return 0;
}

IReadOnlyList<TorchDevice> devices = TorchDiscovery.Run().Devices;
if (args is ["--lane-t"])
{
    if (devices.Count == 0)
    {
        Console.Error.WriteLine("Lane T needs a device of libtorch; the note above says why there is none.");
        return 1;
    }

    await LaneTRun.RunAsync(devices[0], Console.Out);
    return 0;
}

foreach (TorchDevice device in devices)
{
    DeviceProbe.Print(device, Console.Out);
}

return 0;
