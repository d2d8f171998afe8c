using PoUW.Compute.Backends;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Models;

/// <summary>
/// The gradients of every operation against central differences of the loss, both of a training step: masks are those of step 0, batch norm
/// takes the batch. Targets of MSE are such that neither the unit of the measured loss, 2^-15, nor fp32 hides the slope.
/// </summary>
public sealed class FiniteDifferenceTests
{
    private const int Elements = 12;
    private const float Step = 1f / 128;
    private const float SmallStep = 1f / 1024;
    private const float TargetBound = 8;
    private const double Tolerance = 1e-2;

    // A smaller step meets fewer kinks.
    private static readonly string[] Kinked = ["relu", "leaky_relu", "max_pool", "max_pool_padded"];

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
            Assert.That(Difference(runner, parameter, gradient, Kinked.Contains(name) ? SmallStep : Step), Is.LessThan(Tolerance), parameter);
        }
    }

    /// <summary>
    /// The norm of slopes - gradients over that of the gradients, for some elements. Elements whose slope depends on the step have a kink of
    /// ReLU or of a pooling there and do not count; most must.
    /// </summary>
    private static double Difference(ModelRunner runner, string parameter, float[] gradient, float step)
    {
        float[] weights = ModelRuns.Get(runner, parameter);
        int count = Math.Min(Elements, weights.Length);
        (double difference, double size, int smooth) = (0, 0, 0);
        double kink = Tolerance / 2 * gradient.Max(Math.Abs);
        for (int i = 0; i < count; i++)
        {
            int at = (int)((long)i * weights.Length / count);
            double slope = SlopeAt(runner, parameter, weights, at, step);
            if (Math.Abs(slope - SlopeAt(runner, parameter, weights, at, step / 2)) < kink)
            {
                smooth++;
                difference += (slope - gradient[at]) * (slope - gradient[at]);
                size += (double)gradient[at] * gradient[at];
            }
        }

        Assert.That(2 * smooth, Is.GreaterThanOrEqualTo(count), parameter);
        Assert.That(size, Is.Positive, "a gradient of zero would test nothing");
        return Math.Sqrt(difference / size);
    }

    private static double SlopeAt(ModelRunner runner, string parameter, float[] weights, int at, float step) =>
        (LossWith(runner, parameter, weights, at, step) - LossWith(runner, parameter, weights, at, -step)) / (2 * step);

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

    // Cross entropy of the large nets is measured with too few digits, and residual blocks have too many kinks of ReLU beside each other;
    // PyTorchGradientTests has both.
    private static IEnumerable<string> Cases() => ModelCases.All.Append(ModelCases.Dropout)
        .Where(static c => c.Classes == 0 && !c.Name.StartsWith("block", StringComparison.Ordinal)).Select(static c => c.Name);
}
