using System.Text.Json;
using PoUW.Compute.Backends;
using PoUW.Compute.Compilation;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Losses, gradients, running statistics, predictions and trajectories are those of PyTorch.</summary>
public sealed class PyTorchGradientTests
{
    // Of the largest element. Both sides round; PyTorch sums in another order.
    private const double Tolerance = 1e-5;
    private const double TrajectoryTolerance = 1e-4;

    [TestCaseSource(nameof(CaseNames))]
    public void A_step_has_the_loss_gradients_and_statistics_of_PyTorch(string name)
    {
        JsonElement golden = GoldenRuns.Cases.First(c => c.GetProperty("name").GetString() == name);
        using CpuBackend backend = new();
        ModelRunner runner = Start(golden, ModelCases.Find(name).Spec, backend);
        double prediction = GoldenRuns.Deviation(runner.Predict(0), golden.GetProperty("prediction"));
        StepMetrics metrics = runner.Train(0, 1)[0];
        double worst = prediction;
        Assert.Multiple(() =>
        {
            Assert.That(prediction, Is.LessThan(Tolerance), "prediction");
            Assert.That(metrics.Loss, Is.EqualTo(golden.GetProperty("loss").GetDouble()).Within(1e-4));
            foreach (JsonProperty gradient in golden.GetProperty("gradients").EnumerateObject())
            {
                double deviation = GoldenRuns.Deviation(ModelRuns.Gradient(runner, gradient.Name), gradient.Value);
                worst = Math.Max(worst, deviation);
                Assert.That(deviation, Is.LessThan(Tolerance), gradient.Name);
            }

            foreach (JsonProperty buffer in golden.GetProperty("buffers").EnumerateObject())
            {
                float[] found = Buffer(ModelRuns.Slot(runner, buffer.Name));
                Assert.That(GoldenRuns.Deviation(found, buffer.Value), Is.LessThan(Tolerance), buffer.Name);
            }
        });
        TestContext.Out.WriteLine($"{name}: {worst:E1}");
    }

    [TestCaseSource(nameof(TrajectoryNames))]
    public void Ten_steps_of_LeNet5_follow_PyTorch(string name)
    {
        JsonElement golden = GoldenRuns.Trajectories.First(c => c.GetProperty("name").GetString() == name);
        using CpuBackend backend = new();
        ModelRunner runner = Start(golden, ModelCases.Find("lenet5").Spec with { Optimiser = Optimiser(golden.GetProperty("options")) }, backend);
        double[] losses = [.. golden.GetProperty("losses").EnumerateArray().Select(static l => l.GetDouble())];
        double[] found = [.. runner.Train(0, losses.Length).Select(static m => m.Loss)];
        double worst = 0;
        Assert.That(found, Is.EqualTo(losses).Within(TrajectoryTolerance));
        Assert.That(losses[^1], Is.Not.EqualTo(losses[0]).Within(0.01), "it must move");
        foreach (JsonProperty weights in golden.GetProperty("weights").EnumerateObject())
        {
            double deviation = GoldenRuns.Deviation(ModelRuns.Get(runner, weights.Name), weights.Value);
            worst = Math.Max(worst, deviation);
            Assert.That(deviation, Is.LessThan(TrajectoryTolerance), weights.Name);
        }

        TestContext.Out.WriteLine($"{name}: {worst:E1}");
    }

    [Test]
    public void Every_case_has_its_golden() =>
        Assert.That(CaseNames(), Is.EquivalentTo(ModelCases.All.Select(static c => c.Name)));

    private static IEnumerable<string> CaseNames() => GoldenRuns.Cases.Select(static c => c.GetProperty("name").GetString()!);

    private static IEnumerable<string> TrajectoryNames() => GoldenRuns.Trajectories.Select(static c => c.GetProperty("name").GetString()!);

    private static ModelRunner Start(JsonElement golden, TrainingSpec spec, CpuBackend backend)
    {
        string name = golden.GetProperty("name").GetString()!;
        ModelCase model = ModelCases.All.FirstOrDefault(c => c.Name == name) ?? ModelCases.Find("lenet5");
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(spec, model.Batch), backend);
        foreach ((string input, Tensor tensor) in model.Inputs(golden.GetProperty("seed").GetInt32()))
        {
            runner.SetInput(input, tensor);
        }

        runner.SetOrder(Hash256.Zero);
        runner.Initialise(1);
        GoldenRuns.SetStart(runner, golden);
        return runner;
    }

    private static Sgd Optimiser(JsonElement options) => new(
        options.GetProperty("lr").GetSingle(), Number(options, "momentum"), Number(options, "weight_decay"),
        options.TryGetProperty("nesterov", out JsonElement nesterov) && nesterov.GetBoolean());

    private static float Number(JsonElement options, string name) => options.TryGetProperty(name, out JsonElement number) ? number.GetSingle() : 0;

    private static float[] Buffer(Tensor tensor) =>
        tensor.Type == TensorType.Int32 ? [.. tensor.Int32.ToArray().Select(static i => (float)i)] : tensor.Float32.ToArray();
}
