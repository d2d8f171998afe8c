using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.MultiheadAttention as self-attention with batch_first: (batch, time, embedDim) to the same shape. State: in_proj_weight
/// (3 embedDim, embedDim), in_proj_bias, out_proj.weight (embedDim, embedDim), out_proj.bias, started as PyTorch does. Lane R.
/// </summary>
public sealed class MultiheadAttention : Module
{
    private readonly int _heads;
    private readonly float _dropout;
    private readonly bool _causal;
    private readonly Parameter _inWeight;
    private readonly Parameter? _inBias;
    private readonly Linear _output;

    /// <summary>Describes the layer.</summary>
    /// <param name="embedDim">Features, at least 1.</param>
    /// <param name="numHeads">Heads; they must divide the features.</param>
    /// <param name="dropout">Probability with which an attention weight is dropped while training.</param>
    /// <param name="bias">False for no biases.</param>
    /// <param name="causal">True if a position sees only itself and those before it.</param>
    public MultiheadAttention(int embedDim, int numHeads, float dropout = 0, bool bias = true, bool causal = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(embedDim, 1);
        (_heads, _dropout, _causal) = (numHeads, dropout, causal);
        int packed = checked(3 * embedDim);
        _inWeight = Register("in_proj_weight", new Parameter([packed, embedDim], Initialiser.XavierUniform()));
        _inBias = bias ? Register("in_proj_bias", new Parameter([packed], Initialiser.Zeros)) : null;
        _output = Register("out_proj", new Linear(embedDim, embedDim, bias, biasInitialiser: Initialiser.Zeros));
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue packed = Functional.Linear(input, _inWeight, _inBias);
        return _output.Apply(Functional.SelfAttention(packed, _heads, _causal, _dropout));
    }
}
