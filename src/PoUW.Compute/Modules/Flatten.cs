using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.Flatten: all dimensions behind the batch as one, in the order (channel, y, x). Lanes I and R.</summary>
public sealed class Flatten : Module
{
    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Flatten(input);
}
