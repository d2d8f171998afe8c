using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Tests.Models;

/// <summary>x = fc1(input); fc3(x + tanh(fc2(x))).</summary>
internal sealed class ResidualNet : Module
{
    private readonly Linear _fc1;
    private readonly Linear _fc2;
    private readonly Linear _fc3;

    public ResidualNet()
    {
        _fc1 = Register("fc1", new Linear(5, 6));
        _fc2 = Register("fc2", new Linear(6, 6));
        _fc3 = Register("fc3", new Linear(6, 3));
    }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = _fc1.Apply(input);
        return _fc3.Apply(x + Functional.Tanh(_fc2.Apply(x)));
    }
}

/// <summary>An image, reshaped to another image and to a sequence.</summary>
internal sealed class ReshapingNet : Module
{
    private readonly Conv2d _conv;
    private readonly Linear _fc;

    public ReshapingNet()
    {
        _conv = Register("conv", new Conv2d(2, 4, 3));
        _fc = Register("fc", new Linear(12, 3));
    }

    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.Reshape(_conv.Apply(input), input.Batch, 2, 6, 4);
        return _fc.Apply(Functional.Reshape(x, input.Batch, 4, -1));
    }
}
