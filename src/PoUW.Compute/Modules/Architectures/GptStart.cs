using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>How GPT-2 starts: weights normal (0, 0.02), those in front of a residual connection by sqrt(2 * layers) smaller, biases zero.</summary>
internal static class GptStart
{
    private const double Deviation = 0.02;

    public static Initialiser Weights { get; } = Initialiser.Normal(0, (float)Deviation);

    /// <summary>A projection inside a block.</summary>
    public static Linear Linear(GptConfig config, int inputs, int outputs) =>
        new(inputs, outputs, config.Bias, Weights, Initialiser.Zeros);

    /// <summary>A projection whose result is added to the residual stream.</summary>
    public static Linear ResidualLinear(GptConfig config, int inputs, int outputs) =>
        new(inputs, outputs, config.Bias, Initialiser.Normal(0, (float)(Deviation / Math.Sqrt(2.0 * config.Layers))), Initialiser.Zeros);

    public static LayerNorm Norm(GptConfig config) => new(config.Width, bias: config.Bias);
}
