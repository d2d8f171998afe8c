using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.Tanh. Lane R.</summary>
public sealed class Tanh : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Tanh(input);
}
