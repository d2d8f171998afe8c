using PoUW.Compute.Checkpoints;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Schedules;
using PoUW.Compute.StateDicts.PyTorch;
using PoUW.Compute.Tests.Models;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.Optimisers;

public sealed class AdamTests
{
    [Test]
    public void Powers_are_multiplied_once_a_step()
    {
        ModelRunner runner = Runner();
        Assert.That(Powers(runner), Is.EqualTo(new[] { 1f, 1f }));
        runner.Train(0, 3);
        Assert.That(Powers(runner), Is.EqualTo(new[] { 0.9f * 0.9f * 0.9f, 0.999f * 0.999f * 0.999f }));
        Assert.That(new Adam().SharedAfter(3).Single().Value, Is.EqualTo(Powers(runner)));
    }

    [Test]
    public void Powers_after_very_many_steps_are_found_at_once()
    {
        float[] powers = new Adam().SharedAfter(1L << 40).Single().Value;
        Assert.That(powers, Has.All.LessThan(1e-40f));
    }

    [Test]
    public void A_file_for_PyTorch_has_a_group_that_decays_and_one_that_does_not()
    {
        AdamW optimiser = new() { WeightDecay = 0.25f, DecayOnlyMatrices = true };
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(new TokenNetwork(new LayerNorm(TokenNetwork.Width)), optimiser));
        runner.Train(0, 1);
        PyTorchDictionary tree = TorchOptimiserState.ToTree(runner.Model, OptimiserWeights.Capture(runner), 1);
        PyTorchDictionary[] groups = [.. ((PyTorchList)tree["param_groups"]).Cast<PyTorchDictionary>()];
        Assert.That(groups.Select(static g => ((PyTorchNumber)g["weight_decay"]).ToFloat64()), Is.EqualTo(new[] { 0.25, 0 }));
        Assert.That(groups.Select(static g => string.Join(' ', (PyTorchList)g["params"])), Is.EqualTo(new[] { "0 1", "2 3 4" }));
        PyTorchDictionary states = (PyTorchDictionary)tree["state"];
        IEnumerable<int> lengths = states.Select(static s => ((PyTorchTensor)((PyTorchDictionary)s.Value)["exp_avg"]).Tensor.Length);
        Assert.That(lengths, Is.EqualTo(new[] { 56, 56, 8, 8, 7 }), "wte.weight, head.weight, body.weight, body.bias, head.bias");
    }

    [Test]
    public void Training_goes_on_from_a_file_with_the_same_bits([Values(".pt", ".safetensors")] string ending, [Values] bool onlyMatrices)
    {
        string folder = Directory.CreateTempSubdirectory("pouw-adam-").FullName;
        try
        {
            string path = Path.Combine(folder, "model" + ending);
            ModelRunner whole = Runner(onlyMatrices);
            whole.Train(0, 7);
            CheckpointFile.Save(path, whole, new CheckpointInfo(7, new Dictionary<string, string>()));
            whole.Train(7, 4);
            ModelRunner other = Runner(onlyMatrices);
            other.Train(0, 2);
            ValidationResult result = CheckpointFile.TryLoad(path, other, out CheckpointInfo? info);
            Assert.That(result.IsValid, Is.True, result.ToString());
            other.Train(info!.Step, 4);
            Assert.That(ModelRuns.HashOf(other), Is.EqualTo(ModelRuns.HashOf(whole)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Defaults_are_those_of_PyTorch()
    {
        Assert.That(new Adam(), Is.EqualTo(new Adam(1e-3f) { Beta1 = 0.9f, Beta2 = 0.999f, Eps = 1e-8f, WeightDecay = 0 }));
        Assert.That(new AdamW(), Is.EqualTo(new AdamW(1e-3f) { Beta1 = 0.9f, Beta2 = 0.999f, Eps = 1e-8f, WeightDecay = 1e-2f }));
    }

    private static IEnumerable<TestCaseData> WrongOptimisers =>
    [
        new(new Adam(-1), "LearningRate", "not -1"),
        new(new Adam(float.NaN), "LearningRate", "NaN"),
        new(new Adam { Beta1 = 1 }, "Beta1", "below 1"),
        new(new AdamW { Beta1 = -0.1f }, "Beta1", "at least 0"),
        new(new AdamW { Beta2 = float.NaN }, "Beta2", "NaN"),
        new(new Adam { Eps = 0 }, "Eps", "above 0"),
        new(new AdamW { Eps = float.PositiveInfinity }, "Eps", "finite"),
        new(new AdamW { WeightDecay = -1 }, "WeightDecay", "not below 0"),
        new(new Adam { WeightDecay = float.PositiveInfinity }, "WeightDecay", "finite"),
        new(new Adam { ClipNorm = 0 }, "ClipNorm", "above 0"),
        new(new Adam { Schedule = LearningRateSchedule.Cosine(0) }, "TotalSteps", "1 to"),
    ];

    [TestCaseSource(nameof(WrongOptimisers))]
    public void Wrong_options_are_named(FloatOptimiser optimiser, string field, string message)
    {
        ValidationResult result = optimiser.Validate();
        Assert.That(result.Field, Is.EqualTo(field));
        Assert.That(result.Message, Does.Contain(message));
    }

    private static ModelRunner Runner(bool onlyMatrices = false) => SequenceGoldens.Start(SequenceGoldens.Spec(
        new TokenNetwork(new LayerNorm(TokenNetwork.Width), tied: true), new Adam(0.01f) { WeightDecay = 0.1f, DecayOnlyMatrices = onlyMatrices }));

    private static float[] Powers(ModelRunner runner) => ModelRuns.Slot(runner, "optimizer.powers").Float32.ToArray();
}
