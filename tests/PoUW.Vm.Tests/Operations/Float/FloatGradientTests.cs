using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

/// <summary>
/// Gradients against central differences of the forward function, written here in double and independent of the definitions. The loss is
/// the sum of g * forward(x).
/// </summary>
[TestFixture]
public sealed class FloatGradientTests
{
    private const int Rows = 5;
    private const int Columns = 7;
    private const double Step = 1e-5;
    private const double Tolerance = 3e-6;
    private const float Eps = 1e-3f;

    private static readonly double[] G = Doubles(Random(Rows, Columns, 100));
    private static readonly double[] X = Doubles(Random(Rows, Columns, 101));
    private static readonly double[] Gamma = Doubles(Random(1, Columns, 102));
    private static readonly double[] Beta = Doubles(Random(1, Columns, 103));

    [TestCase("relu_gradient_f32")]
    [TestCase("gelu_gradient_f32")]
    public void OfFunctionsFromTheArgument(string name)
    {
        Func<double, double> forward = name.StartsWith("relu", StringComparison.Ordinal) ? static x => Math.Max(x, 0) : Gelu;
        Tensor d = Run(TensorOps.Find(name)!, Empty(Rows, Columns), Matrix(G), Matrix(X));
        Compare(d, X, x => [.. x.Select(forward)]);
    }

    [TestCase("tanh")]
    [TestCase("sigmoid")]
    public void OfFunctionsFromTheResult(string name)
    {
        Func<double, double> forward = name == "tanh" ? Math.Tanh : static x => 1 / (1 + Math.Exp(-x));
        Tensor y = Run(TensorOps.Find($"{name}_f32")!, Empty(Rows, Columns), Matrix(X));
        Tensor d = Run(TensorOps.Find($"{name}_gradient_f32")!, Empty(Rows, Columns), Matrix(G), y);
        Compare(d, X, x => [.. x.Select(forward)]);
    }

    [Test]
    public void OfSoftmax()
    {
        Tensor y = Run(FloatReductionOps.Softmax, Empty(Rows, Columns), Matrix(X));
        Compare(Run(FloatReductionOps.SoftmaxGradient, Empty(Rows, Columns), Matrix(G), y), X, Softmax);
    }

    [Test]
    public void OfCrossEntropy()
    {
        const float scale = 0.25f;
        int[] labels = [0, 6, 3, 3, 1];
        Tensor target = Ints(Rows, 1, labels);
        Tensor d = Run(FloatReductionOps.CrossEntropyGradient, [Immediate(scale)], [], Empty(Rows, Columns), Matrix(X), target);
        double Loss(double[] x)
        {
            double[] y = Softmax(x);
            return -scale * labels.Select((label, row) => Math.Log(y[(row * Columns) + label])).Sum();
        }

        Compare(d, X, Loss);
        double[] losses = Doubles(Run(FloatReductionOps.CrossEntropy, Empty(Rows, 1), Matrix(X), target));
        Assert.That(losses.Sum() * scale, Is.EqualTo(Loss(X)).Within(1e-6));
    }

    [Test]
    public void OfLayerNorm()
    {
        (Tensor mean, Tensor rstd) = (Empty(Rows, 1), Empty(Rows, 1));
        Tensor y = Run(FloatNormOps.LayerNorm, [Immediate(Eps)], [], Empty(Rows, Columns), mean, rstd, Matrix(X), Row(Gamma), Row(Beta));
        Assert.That(Doubles(y), Is.EqualTo(LayerNorm(X, Gamma, Beta)).Within(2e-6));
        Tensor dx = Run(FloatNormOps.LayerNormGradient, Empty(Rows, Columns), Matrix(G), Matrix(X), mean, rstd, Row(Gamma));
        Compare(dx, X, x => LayerNorm(x, Gamma, Beta));
        (Tensor dgamma, Tensor dbeta) = (Empty(1, Columns), Empty(1, Columns));
        Run(FloatNormOps.LayerNormParametersGradient, dgamma, dbeta, Matrix(G), Matrix(X), mean, rstd);
        Compare(dgamma, Gamma, gamma => LayerNorm(X, gamma, Beta));
        Compare(dbeta, Beta, beta => LayerNorm(X, Gamma, beta));
    }

    [Test]
    public void OfBatchNorm()
    {
        (Tensor mean, Tensor rstd) = (Empty(1, Columns), Empty(1, Columns));
        (Tensor runningMean, Tensor runningVariance) = (Row(Gamma), Row(Beta));
        Tensor y = Run(
            FloatNormOps.BatchNormTrain, [Immediate(Eps), Immediate(0.1f)], [],
            Empty(Rows, Columns), mean, rstd, runningMean, runningVariance, Matrix(X), Row(Gamma), Row(Beta));
        Assert.That(Doubles(y), Is.EqualTo(BatchNorm(X, Gamma, Beta)).Within(2e-6));
        (Tensor dx, Tensor dgamma, Tensor dbeta) = (Empty(Rows, Columns), Empty(1, Columns), Empty(1, Columns));
        Run(FloatNormOps.BatchNormGradient, dx, dgamma, dbeta, Matrix(G), Matrix(X), mean, rstd, Row(Gamma));
        Compare(dx, X, x => BatchNorm(x, Gamma, Beta));
        Compare(dgamma, Gamma, gamma => BatchNorm(X, gamma, Beta));
        Compare(dbeta, Beta, beta => BatchNorm(X, Gamma, beta));
    }

    private static void Compare(Tensor gradient, double[] at, Func<double[], double[]> forward) =>
        Compare(gradient, at, x => forward(x).Zip(G, static (y, g) => y * g).Sum());

    private static void Compare(Tensor gradient, double[] at, Func<double[], double> loss)
    {
        for (int i = 0; i < at.Length; i++)
        {
            double[] moved = [.. at];
            moved[i] = at[i] + Step;
            double above = loss(moved);
            moved[i] = at[i] - Step;
            double expected = (above - loss(moved)) / (2 * Step);
            Assert.That(gradient.Float32[i], Is.EqualTo(expected).Within(Tolerance * (1 + Math.Abs(expected))), $"element {i}");
        }
    }

    private static double[] Softmax(double[] x) =>
        [.. x.Chunk(Columns).SelectMany(static row => row.Select(v => Math.Exp(v) / row.Sum(Math.Exp)))];

    private static double[] LayerNorm(double[] x, double[] gamma, double[] beta) =>
        [.. x.Chunk(Columns).SelectMany(row => Standardised(row).Select((v, j) => (v * gamma[j]) + beta[j]))];

    private static double[] BatchNorm(double[] x, double[] gamma, double[] beta)
    {
        double[] y = new double[x.Length];
        for (int column = 0; column < Columns; column++)
        {
            double[] values = Standardised([.. Enumerable.Range(0, Rows).Select(row => x[(row * Columns) + column])]);
            for (int row = 0; row < Rows; row++)
            {
                y[(row * Columns) + column] = (values[row] * gamma[column]) + beta[column];
            }
        }

        return y;
    }

    private static double[] Standardised(double[] values)
    {
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + Eps);
        return [.. values.Select(v => (v - mean) / deviation)];
    }

    /// <summary>x Phi(x) with the power series of Phi, good for small x.</summary>
    private static double Gelu(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; n < 60; n++)
        {
            term *= -x * x / (2 * n);
            sum += term / ((2 * n) + 1);
        }

        return x * (0.5 + (sum / Math.Sqrt(2 * Math.PI)));
    }

    private static Tensor Matrix(double[] values) => Floats(Rows, Columns, [.. values.Select(static v => (float)v)]);

    private static Tensor Row(double[] values) => Floats(1, Columns, [.. values.Select(static v => (float)v)]);
}
