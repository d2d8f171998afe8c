using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>The two Linears of a GPT's block, with a GELU between. State: c_fc, c_proj.</summary>
internal sealed class GptPerceptron : Module
{
    private readonly Linear _hidden;
    private readonly Linear _output;
    private readonly Dropout _dropout;

    public GptPerceptron(GptConfig config)
    {
        int hidden = checked(4 * config.Width);
        _hidden = Register("c_fc", GptStart.Linear(config, config.Width, hidden));
        _output = Register("c_proj", GptStart.ResidualLinear(config, hidden, config.Width));
        _dropout = Register("dropout", new Dropout(config.Dropout));
    }

    protected override GraphValue Forward(GraphValue input) => _dropout.Apply(_output.Apply(Functional.Gelu(_hidden.Apply(input))));
}
