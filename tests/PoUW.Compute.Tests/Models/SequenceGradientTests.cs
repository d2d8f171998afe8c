using PoUW.Compute.Modules;
using PoUW.Compute.Runners;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>Gradients of modules over sequences against differences of the loss.</summary>
public sealed class SequenceGradientTests
{
    private const float Step = 1f / 128;

    // Losses of training are fixed-point numbers with 15 bits.
    private const float CoarseStep = 1f / 32;
    private const int Samples = 6;

    [TestCaseSource(typeof(SequenceModels), nameof(SequenceModels.Names))]
    public void Gradients_are_differences_of_the_loss(string name)
    {
        Module model = SequenceModels.Create(name);
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(model));
        runner.Train(0, 1);
        Random random = new(5);
        foreach ((string path, Parameter parameter) in model.NamedParameters().DistinctBy(static p => p.Parameter))
        {
            float[] gradient = ModelRuns.Gradient(runner, path);
            float[] weights = ModelRuns.Get(runner, path);
            for (int i = 0; i < Math.Min(Samples, weights.Length); i++)
            {
                int at = weights.Length <= Samples ? i : random.Next(weights.Length);
                double difference = Difference(runner, path, weights, at, Step, Loss);
                Assert.That(gradient[at], Is.EqualTo(difference).Within(2e-4 + (1e-3 * Math.Abs(difference))), $"{path}[{at}] of {parameter.Shape.Count} dimensions");
            }
        }
    }

    /// <summary>The mask of a step is a function of its number, so that the loss of step 0 can be measured again and again.</summary>
    [Test]
    public void Gradients_of_a_model_with_dropout_are_differences_of_the_loss()
    {
        Module model = new TokenNetwork(new TransformerEncoderLayer(TokenNetwork.Width, 2, 12, dropout: 0.3f));
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(model));
        runner.Train(0, 1);
        float[][] gradients = [.. model.NamedParameters().Select(p => ModelRuns.Gradient(runner, p.Path))];
        foreach (((string path, _), float[] gradient) in model.NamedParameters().Zip(gradients))
        {
            float[] weights = ModelRuns.Get(runner, path);
            int at = gradient.Select(Math.Abs).ToList().IndexOf(gradient.Max(Math.Abs));
            double difference = Difference(runner, path, weights, at, CoarseStep, static r => r.Train(0, 1)[0].Loss);
            Assert.That(gradient[at], Is.EqualTo(difference).Within(1e-3 + (1e-2 * Math.Abs(difference))), path);
        }
    }

    /// <summary>Differences of fourth order, whose error is small enough with a step that rounding does not drown.</summary>
    private static double Difference(
        ModelRunner runner, string path, float[] weights, int at, float step, Func<ModelRunner, double> loss)
    {
        double near = LossAt(1) - LossAt(-1);
        double far = LossAt(2) - LossAt(-2);
        ModelRuns.Set(runner, path, weights);
        return ((8 * near) - far) / (12 * step);

        double LossAt(int steps)
        {
            float[] moved = [.. weights];
            moved[at] += steps * step;
            ModelRuns.Set(runner, path, moved);
            return loss(runner);
        }
    }

    private static double Loss(ModelRunner runner)
    {
        float[] output = runner.Predict(0);
        Tensor windows = SequenceGoldens.Windows();
        double sum = 0;
        int answers = SequenceGoldens.Batch * SequenceGoldens.Time;
        for (int answer = 0; answer < answers; answer++)
        {
            (int sample, int position) = Math.DivRem(answer, SequenceGoldens.Time);
            int target = windows.Int32[(sample * (SequenceGoldens.Time + 1)) + position + 1];
            double[] logits = [.. output.AsSpan(answer * TokenNetwork.Vocabulary, TokenNetwork.Vocabulary).ToArray().Select(static x => (double)x)];
            sum += Math.Log(logits.Sum(Math.Exp)) - logits[target];
        }

        return sum / answers;
    }
}
