using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.SiLU: x * sigmoid(x). Lane R.</summary>
public sealed class SiLU : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Silu(input);
}
