using PoUW.Compute.Modules;
using PoUW.Compute.Modules.Architectures;

namespace PoUW.Compute.Tests.Models;

/// <summary>The models of make_sequence_goldens.py by name.</summary>
internal static class SequenceModels
{
    private const int Width = TokenNetwork.Width;
    private const int Heads = 2;
    private const int Hidden = 12;

    public static IEnumerable<string> Names =>
    [
        "embedding", "embedding_tied", "positions", "positions_longer", "layer_norm", "attention", "attention_one_head", "attention_causal",
        "encoder", "encoder_norm_first", "encoder_stack", "gpt", "gpt_untied",
    ];

    public static Module Create(string name) => name switch
    {
        "embedding" => new TokenNetwork(),
        "embedding_tied" => new TokenNetwork(tied: true),
        "positions" => new TokenNetwork(positions: SequenceGoldens.Time),
        "positions_longer" => new TokenNetwork(positions: SequenceGoldens.Time + 2),
        "layer_norm" => new TokenNetwork(new LayerNorm(Width)),
        "attention" => new TokenNetwork(new MultiheadAttention(Width, Heads)),
        "attention_one_head" => new TokenNetwork(new MultiheadAttention(Width, 1, bias: false)),
        "attention_causal" => new TokenNetwork(new MultiheadAttention(Width, 4, causal: true)),
        "encoder" => new TokenNetwork(Encoder()),
        "encoder_norm_first" => new TokenNetwork(new TransformerEncoderLayer(
            Width, Heads, Hidden, dropout: 0, TransformerActivation.GELU, normFirst: true)),
        "encoder_stack" => new TokenNetwork(new TransformerEncoder([Encoder(), Encoder()], new LayerNorm(Width))),
        "gpt" => new Gpt(Config(layers: 2, tied: true)),
        "gpt_untied" => new Gpt(Config(layers: 1, tied: false)),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown model."),
    };

    public static GptConfig Config(int layers, bool tied, float dropout = 0) => new(TokenNetwork.Vocabulary, SequenceGoldens.Time + 1)
    {
        Layers = layers,
        Heads = Heads,
        Width = Width,
        Dropout = dropout,
        TieHead = tied,
    };

    private static TransformerEncoderLayer Encoder() => new(Width, Heads, Hidden, dropout: 0);
}
