using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>A function of each element, or of each row (softmax), that the machine has together with its gradient.</summary>
internal sealed class ActivationOperation : GraphOperation
{
    private readonly TensorOp _function;
    private readonly TensorOp _gradient;
    private readonly bool _ofArgument;

    /// <param name="name">PyTorch's name.</param>
    /// <param name="input">The argument.</param>
    /// <param name="function">y of x.</param>
    /// <param name="gradient">dx of dy and the argument or the result.</param>
    /// <param name="ofArgument">True if the gradient takes the argument, false if the result.</param>
    /// <param name="ranks">Ranks that are allowed; none for all.</param>
    public ActivationOperation(string name, GraphValue input, TensorOp function, TensorOp gradient, bool ofArgument, params ReadOnlySpan<int> ranks)
        : base(name, [input])
    {
        RequireReal(input, ranks);
        (_function, _gradient, _ofArgument) = (function, gradient, ofArgument);
        Produces(input.Shape, features: input.Features);
    }

    public override void Forward(FloatLowering lowering) => lowering.Plan.Tensor(_function, [lowering.Declare(Output), lowering.Of(Input)]);

    public override void Backward(FloatLowering lowering)
    {
        BufferId point = lowering.Of(_ofArgument ? Input : Output);
        lowering.AddGradient(Input, dx => lowering.Plan.Tensor(_gradient, [dx, lowering.Gradient(Output), point]));
    }
}
