using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Sdk.Jobs;
using PoUW.Sdk.Nodes;

KeyPair key = KeyPair.Generate(new CryptographicRandomSource());
await using PouwNode node = await PouwNode.StartAsync(PouwNodeOptions.Development(key));
Dataset data = SyntheticImages.Create(classes: 10, count: 2048, side: 28, seed: 1);
MlpSpec model = new([data.Column("images").Width, 64, 10], BatchSize: 512, IntegerRateSchedule.ThreeStage(totalRounds: 6, stepsPerRound: 16));
TrainingJob job = await node.SubmitJobAsync(new TrainingRequest { Name = "minimal", Model = model, Data = data, Steps = 96, AuditRateBasisPoints = 0 });
await foreach (var progress in job.FollowAsync())
{
    Console.WriteLine($"step {progress.StepsDone} of {progress.TotalSteps}, height {progress.Height}");
}

TrainedModel trained = await job.LoadModelAsync();
Console.WriteLine($"accuracy {trained.Evaluate(data).Accuracy:P1}");
trained.SaveSafetensors("model.safetensors");
