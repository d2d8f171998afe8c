using System.Text.Json;
using PoUW.Compute.Runners;

namespace PoUW.Compute.Tests.Models;

/// <summary>Modules over sequences against PyTorch: loss, output, all gradients, names.</summary>
public sealed class SequenceGoldenTests
{
    private const double Tolerance = 1e-5;

    [TestCaseSource(typeof(SequenceModels), nameof(SequenceModels.Names))]
    public void Output_loss_and_gradients_are_those_of_PyTorch(string name)
    {
        JsonElement golden = SequenceGoldens.Read("cases", name);
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(SequenceModels.Create(name)));
        double output = SequenceGoldens.AssertClose(runner.Predict(0), SequenceGoldens.Numbers(golden.GetProperty("output")), Tolerance, "output");
        StepMetrics metrics = runner.Train(0, 1)[0];
        Assert.That(metrics.Loss, Is.EqualTo(golden.GetProperty("loss").GetDouble()).Within(1e-4));
        Assert.That(metrics.Answers, Is.EqualTo(SequenceGoldens.Batch * SequenceGoldens.Time));
        double gradient = 0;
        foreach (JsonProperty expected in golden.GetProperty("gradients").EnumerateObject())
        {
            float[] found = ModelRuns.Gradient(runner, expected.Name);
            gradient = Math.Max(gradient, SequenceGoldens.AssertClose(found, SequenceGoldens.Numbers(expected.Value), Tolerance, expected.Name));
        }

        TestContext.Out.WriteLine($"largest difference of an output {output:e1}, of a gradient {gradient:e1}");
    }

    [TestCaseSource(typeof(SequenceModels), nameof(SequenceModels.Names))]
    public void Parameters_are_named_and_ordered_as_in_PyTorch(string name)
    {
        IEnumerable<string?> expected = SequenceGoldens.Read("cases", name).GetProperty("state").EnumerateArray().Select(n => n.GetString());
        IEnumerable<string> found = SequenceModels.Create(name).NamedParameters().Select(static p => p.Path);
        Assert.That(found, Is.EqualTo(expected));
    }

    [Test]
    public void A_tied_head_has_one_slot()
    {
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(new TokenNetwork(tied: true)));
        Assert.That(runner.State.Select(static s => s.Name), Is.EqualTo(new[] { "wte.weight", "wte.weight.momentum_buffer" }));
    }
}
