using System.Globalization;
using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// Linear layers with ReLU between them, named "fc1", "fc2", ...; images are flattened first. Lanes I and R.
/// </summary>
public sealed class Perceptron : Module
{
    private readonly Linear[] _layers;

    /// <summary>Describes the net.</summary>
    /// <param name="sizes">Inputs, hidden widths, outputs: 784, 512, 10 for digits.</param>
    /// <param name="bias">False for layers without bias.</param>
    /// <exception cref="ArgumentException">There are less than two sizes, or one is below 1.</exception>
    public Perceptron(IReadOnlyList<int> sizes, bool bias = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizes.Count, 2, nameof(sizes));
        _layers = new Linear[sizes.Count - 1];
        for (int i = 0; i < _layers.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"fc{i + 1}");
            _layers[i] = Register(name, new Linear(sizes[i], sizes[i + 1], bias));
        }
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.Flatten(input);
        for (int i = 0; i < _layers.Length - 1; i++)
        {
            x = Functional.Relu(_layers[i].Apply(x));
        }

        return _layers[^1].Apply(x);
    }
}
