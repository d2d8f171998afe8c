using GpuWorker;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;

if (args.Any(static argument => argument is not "--probe"))
{
    Console.Error.WriteLine("usage: GpuWorker [--probe]   --probe: device, self-test and throughput only");
    return 2;
}

// Constructing the backend discovers the devices and tests them; what fails is not used.
using TorchBackend backend = new();
Probe.Print(backend, Console.Out);
foreach (TorchDevice device in args.Length > 0 ? TorchDiscovery.Run().Devices : [])
{
    DeviceProbe.Print(device, Console.Out);
}

if (args.Length == 0)
{
    await WorkerRun.RunAsync(backend, Console.Out);
}

return 0;
