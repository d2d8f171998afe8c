using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.TransformerEncoder: layers one after the other, then a norm if there is one. State: layers.0, layers.1, ..., norm. Every layer has
/// its own start; PyTorch copies one. Lane R.
/// </summary>
public sealed class TransformerEncoder : Module
{
    private readonly Sequential _layers;
    private readonly LayerNorm? _norm;

    /// <summary>Describes the stack.</summary>
    /// <param name="layers">The layers in order.</param>
    /// <param name="norm">The norm behind them, or null.</param>
    public TransformerEncoder(IReadOnlyList<TransformerEncoderLayer> layers, LayerNorm? norm = null)
    {
        _layers = Register("layers", new Sequential([.. layers.Cast<Module>()]));
        _norm = norm is null ? null : Register("norm", norm);
    }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue output = _layers.Apply(input);
        return _norm is null ? output : _norm.Apply(output);
    }
}
