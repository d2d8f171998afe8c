using PoUW.Compute.Graphs;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>
/// Writes one pass of a model (a training step, or an evaluation) into a plan. It knows which buffer holds which value and which gradient;
/// operations write the rest.
/// </summary>
internal abstract class ModelLowering(PlanWriter plan, bool training)
{
    private readonly Dictionary<GraphValue, BufferId> _values = [];
    private readonly Dictionary<(GraphOperation Operation, string Name), BufferId> _kept = [];
    private readonly Dictionary<BufferId, BufferId> _reshapedFrom = [];

    /// <summary>Where instructions go.</summary>
    public PlanWriter Plan { get; } = plan;

    /// <summary>True in a training step: dropout drops, batch norm takes the statistics of the batch, and a backward pass follows.</summary>
    public bool Training { get; } = training;

    /// <summary>Gradients of values so far.</summary>
    protected Dictionary<GraphValue, BufferId> Gradients { get; } = [];

    /// <summary>The buffer of a value.</summary>
    public BufferId Of(GraphValue value) => _values[value];

    /// <summary>Says that a buffer holds a value.</summary>
    public void Bind(GraphValue value, BufferId buffer) => _values.Add(value, buffer);

    /// <summary>The gradient of a value that has one.</summary>
    public BufferId Gradient(GraphValue value) => Gradients[value];

    /// <summary>True if the backward pass reached a value.</summary>
    public bool HasGradient(GraphValue value) => Gradients.ContainsKey(value);

    /// <summary>Keeps a buffer of the forward pass for the backward pass of the same operation.</summary>
    public void Keep(GraphOperation operation, string name, BufferId buffer) => _kept.Add((operation, name), buffer);

    /// <summary>A buffer that the forward pass kept.</summary>
    public BufferId Kept(GraphOperation operation, string name) => _kept[(operation, name)];

    /// <summary>The same elements as a matrix of other dimensions. Reshaping back costs nothing.</summary>
    public BufferId Reshape(BufferId source, int rows, int columns)
    {
        TensorShape shape = Plan.ShapeOf(source);
        if (shape.Rows == rows && shape.Columns == columns)
        {
            return source;
        }

        if (_reshapedFrom.TryGetValue(source, out BufferId original) && Plan.ShapeOf(original) is { } old && old.Rows == rows && old.Columns == columns)
        {
            return original;
        }

        BufferId target = Plan.Scratch(shape.Type, rows, columns);
        Plan.Tensor(DataOps.Reshape, [target, source]);
        _reshapedFrom[target] = source;
        return target;
    }

    /// <summary>A new scratch buffer of a type for a value.</summary>
    protected BufferId NewBuffer(GraphValue value, TensorType type)
    {
        BufferId buffer = Plan.Scratch(type, value.Rows, value.Columns);
        Bind(value, buffer);
        return buffer;
    }
}
