using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;

KeyPair key = KeyPair.Generate(new CryptographicRandomSource());
await using PouwNode node = await PouwNode.StartAsync(PouwNodeOptions.Development(key));
Dataset data = SyntheticImages.Create(classes: 10, count: 2048, side: 28, seed: 1);
TrainingSpec model = new()
{
    Model = new Sequential(new Flatten(), new Linear(784, 64, bias: false), new ReLU(), new Linear(64, 10, bias: false)),
    Input = new ImageInput(1, 28, 28), BatchSize = 512,
    Optimiser = new IntegerMomentum(IntegerRateSchedule.ThreeStage(totalRounds: 6, stepsPerRound: 16)),
};
TrainingJob job = await node.SubmitJobAsync(new TrainingRequest { Name = "minimal", Model = model, Data = data, Steps = 96, AuditRateBasisPoints = 0 });
await foreach (var progress in job.FollowAsync())
{
    Console.WriteLine($"step {progress.StepsDone} of {progress.TotalSteps}, height {progress.Height}");
}

TrainedModel trained = await job.LoadModelAsync();
Console.WriteLine($"accuracy {trained.Evaluate(data).Accuracy:P1}");
trained.SaveSafetensors("model.safetensors");
