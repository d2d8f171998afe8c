using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.Identity: the input. Lanes I and R.</summary>
public sealed class Identity : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => input;
}
