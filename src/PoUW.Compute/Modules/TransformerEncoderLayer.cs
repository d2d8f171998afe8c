using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.TransformerEncoderLayer with batch_first: self-attention, then two Linears, each with a residual connection and a layer norm
/// behind it, or in front of it with normFirst. State: self_attn, linear1, linear2, norm1, norm2. Lane R.
/// </summary>
public sealed class TransformerEncoderLayer : Module
{
    private readonly bool _normFirst;
    private readonly TransformerActivation _activation;
    private readonly MultiheadAttention _attention;
    private readonly Linear _linear1;
    private readonly Dropout _dropout;
    private readonly Linear _linear2;
    private readonly LayerNorm _norm1;
    private readonly LayerNorm _norm2;
    private readonly Dropout _dropout1;
    private readonly Dropout _dropout2;

    /// <summary>Describes the layer.</summary>
    /// <param name="dModel">Features, at least 1.</param>
    /// <param name="nHead">Heads; they must divide the features.</param>
    /// <param name="dimFeedforward">Features between the Linears, at least 1.</param>
    /// <param name="dropout">Probability of all dropouts, 0 to below 1.</param>
    /// <param name="activation">Between the Linears.</param>
    /// <param name="layerNormEps">eps of both norms.</param>
    /// <param name="normFirst">True for norms in front of the parts.</param>
    /// <param name="causal">True if a position sees only itself and those before it: PyTorch's src_mask of a language model.</param>
    public TransformerEncoderLayer(
        int dModel, int nHead, int dimFeedforward = 2048, float dropout = 0.1f, TransformerActivation activation = TransformerActivation.ReLU,
        float layerNormEps = 1e-5f, bool normFirst = false, bool causal = false)
    {
        (_normFirst, _activation) = (normFirst, activation);
        _attention = Register("self_attn", new MultiheadAttention(dModel, nHead, dropout, causal: causal));
        _linear1 = Register("linear1", new Linear(dModel, dimFeedforward));
        _dropout = Register("dropout", new Dropout(dropout));
        _linear2 = Register("linear2", new Linear(dimFeedforward, dModel));
        _norm1 = Register("norm1", new LayerNorm(dModel, layerNormEps));
        _norm2 = Register("norm2", new LayerNorm(dModel, layerNormEps));
        _dropout1 = Register("dropout1", new Dropout(dropout));
        _dropout2 = Register("dropout2", new Dropout(dropout));
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        if (_normFirst)
        {
            GraphValue attended = input + Attend(_norm1.Apply(input));
            return attended + FeedForward(_norm2.Apply(attended));
        }

        GraphValue normed = _norm1.Apply(input + Attend(input));
        return _norm2.Apply(normed + FeedForward(normed));
    }

    private GraphValue Attend(GraphValue input) => _dropout1.Apply(_attention.Apply(input));

    private GraphValue FeedForward(GraphValue input)
    {
        GraphValue hidden = _linear1.Apply(input);
        GraphValue active = _activation == TransformerActivation.ReLU ? Functional.Relu(hidden) : Functional.Gelu(hidden);
        return _dropout2.Apply(_linear2.Apply(_dropout.Apply(active)));
    }
}
