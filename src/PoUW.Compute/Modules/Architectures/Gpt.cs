using PoUW.Compute.Graphs;
using PoUW.Core.Validation;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// A decoder-only transformer, as GPT-2: tokens (batch, time) to logits (batch, time, vocabulary). State in nanoGPT's names:
/// transformer.wte.weight, transformer.wpe.weight, transformer.h.0.ln_1, .attn.c_attn, .attn.c_proj, .ln_2, .mlp.c_fc, .mlp.c_proj,
/// transformer.ln_f, lm_head.weight. It starts as GPT-2: normal (0, 0.02), projections into the residual stream by sqrt(2 * layers) smaller,
/// biases zero. The GELU is the exact one. Train it with <see cref="Losses.CrossEntropyLoss.OfNextToken"/>. Lane R.
/// </summary>
public sealed class Gpt : Module
{
    private readonly GptBody _body;
    private readonly Linear _head;

    /// <summary>Describes the model.</summary>
    /// <exception cref="ArgumentException"><see cref="GptConfig.Validate"/> fails.</exception>
    public Gpt(GptConfig config)
    {
        ValidationResult result = config.Validate();
        if (!result.IsValid)
        {
            throw new ArgumentException(result.Message, nameof(config));
        }

        Config = config;
        _body = Register("transformer", new GptBody(config));
        _head = Register(
            "lm_head",
            config.TieHead ? new Linear(_body.Tokens.Weight) : new Linear(config.Width, config.VocabularySize, bias: false, GptStart.Weights));
    }

    /// <summary>The sizes.</summary>
    public GptConfig Config { get; }

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => _head.Apply(_body.Apply(input));
}
