using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>A GPT without its head. State: wte, wpe, h.0, h.1, ..., ln_f.</summary>
internal sealed class GptBody : Module
{
    private readonly PositionEmbedding _positions;
    private readonly Dropout _dropout;
    private readonly Sequential _blocks;
    private readonly LayerNorm _norm;

    public GptBody(GptConfig config)
    {
        Tokens = Register("wte", new Embedding(config.VocabularySize, config.Width, GptStart.Weights));
        _positions = Register("wpe", new PositionEmbedding(config.BlockSize, config.Width, GptStart.Weights));
        _dropout = Register("drop", new Dropout(config.Dropout));
        _blocks = Register("h", new Sequential([.. Enumerable.Range(0, config.Layers).Select(_ => (Module)new GptBlock(config))]));
        _norm = Register("ln_f", GptStart.Norm(config));
    }

    public Embedding Tokens { get; }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue positioned = _positions.Apply(Tokens.Apply(input));
        return _norm.Apply(_blocks.Apply(_dropout.Apply(positioned)));
    }
}
