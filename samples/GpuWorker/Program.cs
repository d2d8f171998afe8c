using GpuWorker;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;

const string Usage = "usage: GpuWorker [--probe]   without arguments: trains a small job; --probe: devices, self-tests and throughput only";
if (args is ["--help"])
{
    Console.WriteLine(Usage);
    return 0;
}

if (args is not ([] or ["--probe"]))
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

foreach (TorchDevice device in TorchDiscovery.Run().Devices)
{
    DeviceProbe.Print(device, Console.Out);
}

return 0;
