using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.LayerNorm over the last dimension: (x - mean) / sqrt(variance + eps) * weight + bias, the variance biased. State: weight (ones
/// at the start), bias (zeros), each (normalizedShape). Lane R.
/// </summary>
public sealed class LayerNorm : Module
{
    private readonly int _features;
    private readonly float _eps;
    private readonly Parameter? _weight;
    private readonly Parameter? _bias;

    /// <summary>Describes the norm.</summary>
    /// <param name="normalizedShape">Size of the last dimension, at least 1.</param>
    /// <param name="eps">Added to the variance, finite and above 0.</param>
    /// <param name="elementwiseAffine">False for no parameters.</param>
    /// <param name="bias">False for a weight only.</param>
    public LayerNorm(int normalizedShape, float eps = 1e-5f, bool elementwiseAffine = true, bool bias = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(normalizedShape, 1);
        if (!(eps > 0 && float.IsFinite(eps)))
        {
            throw new ArgumentOutOfRangeException(nameof(eps), eps, "eps is finite and above 0.");
        }

        (_features, _eps) = (normalizedShape, eps);
        _weight = elementwiseAffine ? Register("weight", new Parameter([normalizedShape], Initialiser.Ones)) : null;
        _bias = elementwiseAffine && bias ? Register("bias", new Parameter([normalizedShape], Initialiser.Zeros)) : null;
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.LayerNorm(input, _features, _weight, _bias, _eps);
}
