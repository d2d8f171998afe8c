using System.Text.Json;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Schedules;
using PoUW.Compute.Tests.Models;

namespace PoUW.Compute.Tests.Optimisers;

/// <summary>Twenty steps of every optimiser against PyTorch: losses and weights.</summary>
public sealed class OptimiserGoldenTests
{
    private const int Steps = 20;
    private const double Tolerance = 1e-4;

    [TestCase("sgd_clip")]
    [TestCase("sgd_clip_loose")]
    [TestCase("adam")]
    [TestCase("adam_options")]
    [TestCase("adam_clip")]
    [TestCase("adamw")]
    [TestCase("adamw_matrices")]
    [TestCase("adamw_schedule")]
    public void Trajectories_are_those_of_PyTorch(string name)
    {
        JsonElement golden = SequenceGoldens.Read("trajectories", name);
        Module model = new TokenNetwork(new LayerNorm(TokenNetwork.Width));
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(model, Create(name)));
        float[] losses = [.. runner.Train(0, Steps).Select(static m => (float)m.Loss)];
        double loss = SequenceGoldens.AssertClose(losses, SequenceGoldens.Numbers(golden.GetProperty("losses")), Tolerance, "losses");
        double weights = 0;
        foreach (JsonProperty expected in golden.GetProperty("weights").EnumerateObject())
        {
            float[] found = ModelRuns.Get(runner, expected.Name);
            weights = Math.Max(weights, SequenceGoldens.AssertClose(found, SequenceGoldens.Numbers(expected.Value), Tolerance, expected.Name));
        }

        TestContext.Out.WriteLine($"largest difference of a loss {loss:e1}, of a weight {weights:e1}");
    }

    private static FloatOptimiser Create(string name) => name switch
    {
        "sgd_clip" => new Sgd(0.5f, Momentum: 0.9f) { ClipNorm = 0.1f },
        "sgd_clip_loose" => new Sgd(0.1f, Momentum: 0.9f, WeightDecay: 0.01f, Nesterov: true) { ClipNorm = 100 },
        "adam" => new Adam(),
        "adam_options" => new Adam(0.02f) { Beta1 = 0.8f, Beta2 = 0.95f, Eps = 1e-4f, WeightDecay = 0.05f },
        "adam_clip" => new Adam(0.01f) { Eps = 1e-3f, ClipNorm = 0.05f },
        "adamw" => new AdamW(0.01f),
        "adamw_matrices" => new AdamW(0.02f) { WeightDecay = 0.1f, DecayOnlyMatrices = true },
        "adamw_schedule" => new AdamW(0.02f) { ClipNorm = 1, Schedule = LearningRateSchedule.Cosine(15, 0.1).WithWarmUp(5) },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown optimiser."),
    };
}
