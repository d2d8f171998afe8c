using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>The state slots of a model in lane R: weights, buffers and what the optimiser keeps for each parameter.</summary>
internal sealed class FloatState
{
    private readonly PlanWriter _plan;
    private readonly Dictionary<Parameter, BufferId> _weights = [];
    private readonly Dictionary<StateBuffer, BufferId> _buffers = [];
    private readonly Dictionary<(Parameter Parameter, string Name), BufferId> _optimiser = [];
    private readonly Dictionary<string, BufferId> _shared = [];

    /// <summary>Declares the slots of all parameters and buffers.</summary>
    public FloatState(PlanWriter plan, ModelNames names, ModelGraph graph)
    {
        _plan = plan;
        Names = names;
        foreach (Parameter parameter in names.Parameters)
        {
            ParameterLayout layout = graph.LayoutOf(parameter);
            _weights.Add(parameter, plan.Declare(names.Of(parameter), TensorType.Float32, layout.Rows, layout.Columns, SlotKind.State));
        }

        foreach (StateBuffer buffer in names.Buffers)
        {
            TensorType type = buffer.IsCounter ? TensorType.Int32 : TensorType.Float32;
            _buffers.Add(buffer, plan.Declare(names.Of(buffer), type, 1, buffer.Length, SlotKind.State));
        }
    }

    /// <summary>Names of parameters and buffers.</summary>
    public ModelNames Names { get; }

    /// <summary>The weights of a parameter.</summary>
    public BufferId Weights(Parameter parameter) => _weights[parameter];

    /// <summary>A buffer of a module: Float32 1 x length, or Int32 1 x 1 for a counter.</summary>
    public BufferId Buffer(StateBuffer buffer) => _buffers[buffer];

    /// <summary>Declares a tensor that the optimiser keeps for a parameter, of its shape; named parameter.name.</summary>
    public void DeclareOptimiser(Parameter parameter, string name)
    {
        TensorShape shape = _plan.ShapeOf(Weights(parameter));
        _optimiser.Add((parameter, name), _plan.Declare($"{Names.Of(parameter)}.{name}", TensorType.Float32, shape.Rows, shape.Columns, SlotKind.State));
    }

    /// <summary>A tensor that the optimiser keeps for a parameter.</summary>
    public BufferId Optimiser(Parameter parameter, string name) => _optimiser[(parameter, name)];

    /// <summary>Declares a tensor that the optimiser keeps for all parameters, 1 x columns; named optimizer.name.</summary>
    public void DeclareShared(string name, int columns) =>
        _shared.Add(name, _plan.Declare($"optimizer.{name}", TensorType.Float32, 1, columns, SlotKind.State));

    /// <summary>A tensor that the optimiser keeps for all parameters.</summary>
    public BufferId Shared(string name) => _shared[name];

    /// <summary>The optimiser's tensors.</summary>
    public IEnumerable<BufferId> OptimiserTensors => _optimiser.Values;
}
