using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.ReLU: max(x, 0). Lanes I and R.</summary>
public sealed class ReLU : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Relu(input);
}
