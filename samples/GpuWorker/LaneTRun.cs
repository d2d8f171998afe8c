using System.Diagnostics;
using PoUW.Compute.Data;
using PoUW.Compute.Tolerance;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Compute.TorchSharp.Tolerance;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Economics.Jobs;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;
using PoUW.Training.Clients;
using static TorchSharp.torch;
using Modules = PoUW.Compute.Modules;

namespace GpuWorker;

/// <summary>
/// A network of four nodes in this process: a client that is the worker too trains an ordinary torch module on the device, three validators replay its units on
/// the processor with the exact kernels of lane R, and accept them within the bounds that the client measured.
/// </summary>
internal static class LaneTRun
{
    private const string Module = "mlp-1";
    private const string Devices = "fp32";
    private const int Steps = 320;
    private const int StepsPerUnit = 16;
    private const int Validators = 3;

    public static async Task RunAsync(TorchDevice device, TextWriter output)
    {
        TorchToleranceEngine torch = new(device, Devices, new Dictionary<string, Func<nn.Module<Tensor, Tensor>>>
        {
            [Module] = static () => nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)),
        });
        ReproducibleEngine processor = new(Devices, new Dictionary<string, Func<Modules.Module>>
        {
            [Module] = static () => new Modules.Sequential(
                new Modules.Flatten(), new Modules.Linear(784, 128), new Modules.ReLU(), new Modules.Linear(128, 10)),
        });
        Dataset data = SyntheticImages.Create(classes: 10, count: 2048, side: 28, seed: 1);
        ToleranceRecipe recipe = new() { Class = torch.Classes[0], InputShape = [1, 28, 28], BatchSize = 64, LearningRate = 0.02f };
        ToleranceBounds bounds = ToleranceCalibration.Measure([torch, processor], recipe, data, seed: 1, StepsPerUnit, units: 8);
        output.WriteLine($"bounds     {bounds.Tensors.Values.Max(static bound => bound.Relative):G2} of a tensor's update at most, measured on {device} and on the processor's exact kernels");

        List<PouwNode> nodes = [];
        try
        {
            await StartAsync(nodes, torch, processor);
            await TrainAsync(nodes[0], new ToleranceRequest
            {
                Name = "lane T",
                Program = new ToleranceProgram(recipe, bounds),
                Data = data,
                Steps = Steps,
                StepsPerUnit = StepsPerUnit,
                AuditRateBasisPoints = 10_000,
            }, output);
        }
        finally
        {
            foreach (PouwNode node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static async Task StartAsync(List<PouwNode> nodes, IToleranceEngine worker, IToleranceEngine auditor)
    {
        CryptographicRandomSource random = new();
        KeyPair[] keys = [.. Enumerable.Range(0, 1 + Validators).Select(_ => KeyPair.Generate(random))];
        NetworkParameters parameters = PouwNodeOptions.Development(keys[0]).Parameters with
        {
            Allocations = [.. keys.Select(static key => new GenesisAllocation(key.Address, Amount.FromCoins(10_000)))],
            Stakes = [.. keys.Select((key, i) => new GenesisStake(key.Address, Amount.FromCoins(1_000), i == 0 ? StakeRoles.Worker : StakeRoles.Validator))],
        };
        InMemoryTransport transport = new(new InMemoryNetwork());
        for (int i = 0; i < keys.Length; i++)
        {
            nodes.Add(await PouwNode.StartAsync(new PouwNodeOptions
            {
                Parameters = parameters,
                Key = keys[i],
                Name = i == 0 ? "worker" : $"validator-{i}",
                Roles = i == 0 ? NodeRoles.Client | NodeRoles.Worker : NodeRoles.Validator,
                Transport = transport,
                Listen = Multiaddr.Memory($"node-{i}"),
                Bootstrap = [.. Enumerable.Range(0, i).Select(static other => Multiaddr.Memory($"node-{other}"))],
                Tolerance = i == 0 ? worker : auditor,
            }));
        }
    }

    private static async Task TrainAsync(PouwNode client, ToleranceRequest request, TextWriter output)
    {
        long start = Stopwatch.GetTimestamp();
        ToleranceJob job = await client.SubmitJobAsync(request);
        ulong last = 0;
        await foreach (JobProgress progress in job.FollowAsync())
        {
            if (progress.StepsDone == last)
            {
                continue;
            }

            last = progress.StepsDone;
            output.WriteLine($"lane T     step {progress.StepsDone} of {progress.TotalSteps}, height {progress.Height}");
        }

        JobProgress end = job.Progress;
        JobState state = end.Job!;
        int tensors = (await job.LoadStateAsync()).Count;
        output.WriteLine(
            $"lane T     {request.Steps} steps in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, {end.RoundCorrect} of {end.RoundSamples} samples of the last round right, "
            + $"{tensors} tensors");
        output.WriteLine(
            $"lane T     {state.Audits} units audited on the processor, {state.Convictions} refused; {state.Paid} coins paid, {state.Burned} burned, {state.Refunded} refunded");
    }
}
