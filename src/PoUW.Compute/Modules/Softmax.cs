using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.Softmax over the last dimension. <see cref="Losses.CrossEntropyLoss"/> has it inside already. Lane R.</summary>
public sealed class Softmax : Module
{
    /// <summary>Describes the layer.</summary>
    /// <param name="dim">PyTorch's dimension; only -1 is there.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is another one.</exception>
    public Softmax(int dim = -1) => ArgumentOutOfRangeException.ThrowIfNotEqual(dim, -1);

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Softmax(input);
}
