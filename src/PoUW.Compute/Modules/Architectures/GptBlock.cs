using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>One block of a GPT: both parts behind a norm and beside a residual connection. State: ln_1, attn, ln_2, mlp.</summary>
internal sealed class GptBlock : Module
{
    private readonly LayerNorm _norm1;
    private readonly GptAttention _attention;
    private readonly LayerNorm _norm2;
    private readonly GptPerceptron _perceptron;

    public GptBlock(GptConfig config)
    {
        _norm1 = Register("ln_1", GptStart.Norm(config));
        _attention = Register("attn", new GptAttention(config));
        _norm2 = Register("ln_2", GptStart.Norm(config));
        _perceptron = Register("mlp", new GptPerceptron(config));
    }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue attended = input + _attention.Apply(_norm1.Apply(input));
        return attended + _perceptron.Apply(_norm2.Apply(attended));
    }
}
