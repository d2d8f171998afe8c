using PoUW.Compute.Backends;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>
/// The gradients of every operation against central differences of the loss, both of a training step: masks are those of step 0, batch norm
/// takes the batch. Targets of MSE are large, so that the loss, which is measured in units of 2^-15, has enough digits.
/// </summary>
public sealed class FiniteDifferenceTests
{
    private const int Elements = 8;
    private const float Step = 1f / 128;
    private const float TargetBound = 64;
    private const double Tolerance = 1e-2;

    [TestCaseSource(nameof(Cases))]
    public void Gradients_are_the_slopes_of_the_loss(string name)
    {
        ModelCase model = name == ModelCases.Dropout.Name ? ModelCases.Dropout : ModelCases.Find(name);
        using CpuBackend backend = new();
        ModelRunner runner = new EagerRunner(ModelRuns.Compile(model.Spec, model.Batch), backend);
        foreach ((string input, Tensor tensor) in model.Inputs(seed: 5, TargetBound))
        {
            runner.SetInput(input, tensor);
        }

        runner.SetOrder(Hash256.Zero);
        runner.Initialise(3);
        runner.Train(0, 1);
        (string Name, float[] Gradient)[] gradients = [.. Parameters(runner).Select(p => (p, ModelRuns.Gradient(runner, p)))];
        foreach ((string parameter, float[] gradient) in gradients)
        {
            Assert.That(Difference(runner, parameter, gradient), Is.LessThan(Tolerance), parameter);
        }
    }

    /// <summary>The norm of slopes - gradients over that of the gradients, for some elements.</summary>
    private static double Difference(ModelRunner runner, string parameter, float[] gradient)
    {
        float[] weights = ModelRuns.Get(runner, parameter);
        (double difference, double size) = (0, 0);
        for (int i = 0; i < Math.Min(Elements, weights.Length); i++)
        {
            int at = (int)((long)i * weights.Length / Math.Min(Elements, weights.Length));
            double slope = (LossWith(runner, parameter, weights, at, Step) - LossWith(runner, parameter, weights, at, -Step)) / (2 * Step);
            difference += (slope - gradient[at]) * (slope - gradient[at]);
            size += (double)gradient[at] * gradient[at];
        }

        Assert.That(size, Is.Positive, "a gradient of zero would test nothing");
        return Math.Sqrt(difference / size);
    }

    private static double LossWith(ModelRunner runner, string parameter, float[] weights, int at, float step)
    {
        float before = weights[at];
        weights[at] += step;
        ModelRuns.Set(runner, parameter, weights);
        double loss = runner.Train(0, 1)[0].Loss;
        weights[at] = before;
        ModelRuns.Set(runner, parameter, weights);
        return loss;
    }

    private static IEnumerable<string> Parameters(ModelRunner runner) => runner.State.Select(static s => s.Name).Where(n => ModelRuns.IsParameter(runner, n));

    // Cross entropy of the large nets is measured with too few digits; PyTorchGradientTests has them.
    private static IEnumerable<string> Cases() => ModelCases.All.Where(static c => c.Classes == 0).Append(ModelCases.Dropout).Select(static c => c.Name);
}
