using System.Diagnostics;
using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.TileWork;
using PoUW.Core;
using PoUW.Core.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Training.Clients;

namespace GpuWorker;

/// <summary>A development node that is client, worker and producer in one, and trains a small job on the device.</summary>
internal static class WorkerRun
{
    private const int Batch = 512;
    private const int Steps = 96;

    public static async Task RunAsync(TorchBackend device, TextWriter output)
    {
        using KeyPair key = KeyPair.Generate(new CryptographicRandomSource());
        using CpuBackend replay = new();
        TorchTileMiner? miner = Miner(device, output);
        Queue<PoUW.Vm.Backends.ITensorBackend> backends = new([device, replay]); // The worker's; a validator's, if the node is one.
        PouwNodeOptions options = PouwNodeOptions.Development(key) with
        {
            Backend = backends.Dequeue,
            TicketTraining = miner is not null,
            TicketBackend = miner is null ? null : (inner, templates, sink) => new TorchTileWorkBackend(inner, miner, templates, sink),
        };
        await using PouwNode node = await PouwNode.StartAsync(options);
        Dataset data = SyntheticImages.Create(classes: 10, count: 2048, side: 28, seed: 1);
        TrainingSpec model = new()
        {
            Model = new Sequential(new Flatten(), new Linear(784, 256, bias: false), new ReLU(), new Linear(256, 10, bias: false)),
            Input = new ImageInput(1, 28, 28),
            BatchSize = Batch,
            Optimiser = new IntegerMomentum(IntegerRateSchedule.ThreeStage(totalRounds: 6, stepsPerRound: 16)),
        };
        long start = Stopwatch.GetTimestamp();
        TrainingJob job = await node.SubmitJobAsync(
            new TrainingRequest { Name = "gpu", Model = model, Data = data, Steps = Steps, AuditRateBasisPoints = 0 });
        await foreach (JobProgress progress in job.FollowAsync())
        {
            output.WriteLine($"job        step {progress.StepsDone} of {progress.TotalSteps}, height {progress.Height}");
        }

        TrainedModel trained = await job.LoadModelAsync();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.WriteLine($"job        {Steps} steps of {Batch} images in {seconds:F1} s, accuracy {trained.Evaluate(data).Accuracy:P1}");
        output.WriteLine($"tickets    {node.Mining.TrainingTickets} of training products on {miner?.Device.ToString() ?? "no device"}, {node.Mining.Blocks} blocks");
        output.WriteLine($"products   {device.DeviceProducts} on the device, {device.OutOfMemory} without memory, {device.Failures} failed");
    }

    /// <summary>Draws on the first device; null, and products without tickets, if there is none or its tickets are not exact.</summary>
    private static TorchTileMiner? Miner(TorchBackend device, TextWriter output)
    {
        try
        {
            return device.Devices.Count == 0 ? null : new TorchTileMiner(device.Devices[0].Device);
        }
        catch (PouwException inexact)
        {
            output.WriteLine($"note       {inexact.Message}");
            return null;
        }
    }
}
