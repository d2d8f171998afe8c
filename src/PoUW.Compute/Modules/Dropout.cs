using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.Dropout: while training each element is 0 with probability p and else divided by 1 - p; evaluation and prediction take the
/// input itself. The masks are a function of <see cref="Compilation.TrainingSpec.MaskSeed"/>, the step and the place in the model. Lane R.
/// </summary>
/// <param name="p">0 to 1.</param>
public sealed class Dropout(float p = 0.5f) : Module
{
    /// <summary>Probability that an element is dropped.</summary>
    public float P { get; } = p >= 0 && p <= 1 ? p : throw new ArgumentOutOfRangeException(nameof(p), p, "p is 0 to 1.");

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Dropout(input, P);
}
