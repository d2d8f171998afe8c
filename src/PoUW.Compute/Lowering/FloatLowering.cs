using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>A pass in lane R: values and gradients are Float32.</summary>
internal sealed class FloatLowering(PlanWriter plan, bool training, FloatState state) : ModelLowering(plan, training)
{
    // Streams below the offset start the weights.
    private const int MaskStride = 1 << 16;
    private const long MaskOffset = 1L << 32;

    private readonly Dictionary<Parameter, BufferId> _parameterGradients = [];
    private int _operation;

    /// <summary>The state slots of the model.</summary>
    public FloatState State { get; } = state;

    /// <summary>Seed of random masks.</summary>
    public long MaskSeed { get; init; }

    /// <summary>The gradient of a parameter, complete when all operations that use it were written backwards.</summary>
    public BufferId Gradient(Parameter parameter) => _parameterGradients[parameter];

    /// <summary>True if the backward pass reached a parameter.</summary>
    public bool HasGradient(Parameter parameter) => _parameterGradients.ContainsKey(parameter);

    /// <summary>A new buffer for a value.</summary>
    public BufferId Declare(GraphValue value) => NewBuffer(value, TensorType.Float32);

    /// <summary>The weights of a parameter.</summary>
    public BufferId Parameter(Parameter parameter) => State.Weights(parameter);

    /// <summary>
    /// Adds a part of the gradient of a value, if one is needed. The first part is written in place, the others into a buffer that is
    /// added: parts are summed in the reverse order of the model.
    /// </summary>
    public void AddGradient(GraphValue value, Action<BufferId> write)
    {
        if (!value.RequiresGradient)
        {
            return;
        }

        BufferId part = Plan.Scratch(TensorType.Float32, value.Rows, value.Columns);
        write(part);
        PassGradient(value, part);
    }

    /// <summary>Adds a part of the gradient of a value that lies in a buffer already. The buffer is not changed later.</summary>
    public void PassGradient(GraphValue value, BufferId part)
    {
        if (value.RequiresGradient)
        {
            Gradients[value] = Gradients.TryGetValue(value, out BufferId sum) ? Sum(sum, part) : part;
        }
    }

    /// <summary>Adds a part of the gradient of a parameter, in the parameter's layout.</summary>
    public void AddGradient(Parameter parameter, Action<BufferId> write)
    {
        BufferId part = Plan.Like(Parameter(parameter));
        write(part);
        PassGradient(parameter, part);
    }

    /// <summary>Adds a part of the gradient of a parameter that lies in a buffer already. The buffer is not changed later.</summary>
    public void PassGradient(Parameter parameter, BufferId part) =>
        _parameterGradients[parameter] = _parameterGradients.TryGetValue(parameter, out BufferId sum) ? Sum(sum, part) : part;

    /// <summary>
    /// The arguments of a random mask in this operation: the seed, and a stream that no other operation and no other step uses.
    /// </summary>
    public (Register Key, Register Stream) MaskStream()
    {
        Register first = Plan.Scalar(ScalarOp.Multiply, Register.Position, MaskStride);
        return (Plan.Constant(MaskSeed), Plan.Scalar(ScalarOp.Add, first, MaskOffset + _operation));
    }

    /// <summary>Says which operation is written next.</summary>
    public void Enter(GraphOperation operation) => _operation = operation.Output.Index;

    private BufferId Sum(BufferId left, BufferId right)
    {
        BufferId sum = Plan.Like(left);
        Plan.Tensor(FloatElementwiseOps.Add, [sum, left, right]);
        return sum;
    }
}
