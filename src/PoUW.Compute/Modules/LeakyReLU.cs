using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.LeakyReLU: x above 0, negativeSlope * x elsewhere. Lane R.</summary>
/// <param name="negativeSlope">A finite number.</param>
public sealed class LeakyReLU(float negativeSlope = 0.01f) : Module
{
    /// <summary>Slope below 0.</summary>
    public float NegativeSlope { get; } = negativeSlope;

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.LeakyRelu(input, NegativeSlope);
}
