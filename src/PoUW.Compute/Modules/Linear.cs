using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.Linear: y = x W^T + b over the last dimension. State: weight (outFeatures, inFeatures), bias (outFeatures). Both start
/// uniform in +-1/sqrt(inFeatures), PyTorch's default. Lanes I and R.
/// </summary>
public sealed class Linear : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Describes the layer.</summary>
    /// <param name="inFeatures">Inputs, at least 1.</param>
    /// <param name="outFeatures">Outputs, at least 1.</param>
    /// <param name="bias">False for none.</param>
    /// <param name="weightInitialiser">How the weights start; null for PyTorch's default.</param>
    /// <param name="biasInitialiser">How the bias starts; null for PyTorch's default.</param>
    public Linear(
        int inFeatures, int outFeatures, bool bias = true, Initialiser? weightInitialiser = null, Initialiser? biasInitialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        (InFeatures, OutFeatures) = (inFeatures, outFeatures);
        Initialiser start = Initialiser.UniformFan(inFeatures);
        _weight = Register("weight", new Parameter([outFeatures, inFeatures], weightInitialiser ?? start));
        _bias = bias ? Register("bias", new Parameter([outFeatures], biasInitialiser ?? start)) : null;
    }

    /// <summary>A layer without bias whose weights (outFeatures, inFeatures) are those of another module, such as an Embedding: tied weights.</summary>
    /// <exception cref="ArgumentException">The parameter is no matrix.</exception>
    public Linear(Parameter weight)
    {
        if (weight.Shape.Count != 2)
        {
            throw new ArgumentException($"Weights of a Linear have 2 dimensions, not {weight.Shape.Count}.", nameof(weight));
        }

        (InFeatures, OutFeatures) = (weight.Shape[1], weight.Shape[0]);
        _weight = Register("weight", weight);
    }

    /// <summary>Inputs.</summary>
    public int InFeatures { get; }

    /// <summary>Outputs.</summary>
    public int OutFeatures { get; }

    /// <summary>The weights, for tying them to another module.</summary>
    public Parameter Weight => _weight;

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Linear(input, _weight, _bias);
}
