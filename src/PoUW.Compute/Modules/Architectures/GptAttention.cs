using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>Causal self-attention of a GPT. State: c_attn, c_proj.</summary>
internal sealed class GptAttention : Module
{
    private readonly GptConfig _config;
    private readonly Linear _packed;
    private readonly Linear _output;
    private readonly Dropout _dropout;

    public GptAttention(GptConfig config)
    {
        _config = config;
        _packed = Register("c_attn", GptStart.Linear(config, config.Width, checked(3 * config.Width)));
        _output = Register("c_proj", GptStart.ResidualLinear(config, config.Width, config.Width));
        _dropout = Register("resid_dropout", new Dropout(config.Dropout));
    }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue attended = Functional.SelfAttention(_packed.Apply(input), _config.Heads, causal: true, _config.Dropout);
        return _dropout.Apply(_output.Apply(attended));
    }
}
