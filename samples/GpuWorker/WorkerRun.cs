using System.Diagnostics;
using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.TorchSharp.Backends;
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
        Queue<PoUW.Vm.Backends.ITensorBackend> backends = new([device, replay]); // The worker's; a validator's, if the node is one.
        PouwNodeOptions options = PouwNodeOptions.Development(key) with
        {
            Backend = backends.Dequeue,
            TicketTraining = false, // Tickets of training products are drawn on the processor; here all products go to the device.
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
        output.WriteLine($"products   {device.DeviceProducts} on the device, {device.OutOfMemory} without memory, {device.Failures} failed");
    }
}
