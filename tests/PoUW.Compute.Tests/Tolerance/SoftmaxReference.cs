using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Compute.Tolerance;

namespace PoUW.Compute.Tests.Tolerance;

/// <summary>Softmax regression by the definition of a recipe, in binary64.</summary>
internal sealed class SoftmaxReference(ToleranceRecipe recipe, StateDict before)
{
    private readonly int _inputs = recipe.InputLength;
    private readonly double[] _weightMomenta = new double[before["1.weight"].Length];
    private readonly double[] _biasMomenta = new double[before["1.bias"].Length];

    public double[] Weights { get; } = [.. before["1.weight"].ToFloat32().Select(static value => (double)value)];

    public double[] Biases { get; } = [.. before["1.bias"].ToFloat32().Select(static value => (double)value)];

    public double LossBits { get; private set; }

    public ulong Correct { get; private set; }

    public void Run(long firstStep, int steps)
    {
        DataOrder order = new(ToleranceScene.Order, ToleranceScene.Data.Count, recipe.BatchSize);
        for (long step = firstStep; step < firstStep + steps; step++)
        {
            (double[] weights, double[] biases) = (new double[Weights.Length], new double[Biases.Length]);
            foreach (int sample in order.Batch(step))
            {
                AddGradient(sample, weights, biases);
            }

            Update(Weights, _weightMomenta, weights);
            Update(Biases, _biasMomenta, biases);
        }
    }

    private void AddGradient(int sample, double[] weights, double[] biases)
    {
        double[] x = [.. ToleranceScene.Data.Value(sample, "images").ToArray().Select(static value => value / 255.0)];
        int label = ToleranceScene.Data.Value(sample, "labels")[0];
        double[] logits = [.. Biases.Select((bias, row) => bias + x.Select((value, i) => value * Weights[(row * _inputs) + i]).Sum())];
        double sum = logits.Sum(Math.Exp);
        LossBits += Math.Log2(sum / Math.Exp(logits[label]));
        Correct += logits.Max() == logits[label] ? 1UL : 0;
        for (int row = 0; row < biases.Length; row++)
        {
            double error = (Math.Exp(logits[row]) / sum) - (row == label ? 1 : 0);
            biases[row] += error / recipe.BatchSize;
            for (int i = 0; i < x.Length; i++)
            {
                weights[(row * _inputs) + i] += error * x[i] / recipe.BatchSize;
            }
        }
    }

    private void Update(double[] values, double[] momenta, double[] gradient)
    {
        for (int i = 0; i < values.Length; i++)
        {
            momenta[i] = (recipe.Momentum * momenta[i]) + gradient[i];
            values[i] -= recipe.LearningRate * momenta[i];
        }
    }
}
