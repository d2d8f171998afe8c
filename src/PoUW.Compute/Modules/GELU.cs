using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.GELU with approximate='none'. Lane R.</summary>
public sealed class GELU : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Gelu(input);
}
