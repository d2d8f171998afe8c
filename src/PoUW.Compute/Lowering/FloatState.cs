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
    private readonly List<OptimiserSlot> _slots = [];

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
    /// <exception cref="ModelException">It was not registered.</exception>
    public BufferId Buffer(StateBuffer buffer) => _buffers.TryGetValue(buffer, out BufferId slot)
        ? slot
        : throw new ModelException("An operation uses a buffer that was not registered with Register(name, buffer).");

    /// <summary>Declares a tensor that the optimiser keeps for a parameter, of its shape; named parameter.name.</summary>
    public void DeclareOptimiser(Parameter parameter, string name)
    {
        TensorShape shape = _plan.ShapeOf(Weights(parameter));
        string slot = $"{Names.Of(parameter)}.{name}";
        _optimiser.Add((parameter, name), _plan.Declare(slot, TensorType.Float32, shape.Rows, shape.Columns, SlotKind.State));
        _slots.Add(new OptimiserSlot(parameter, name, slot));
    }

    /// <summary>A tensor that the optimiser keeps for a parameter.</summary>
    public BufferId Optimiser(Parameter parameter, string name) => _optimiser[(parameter, name)];

    /// <summary>Declares a tensor that the optimiser keeps for all parameters, 1 x columns; named optimizer.name.</summary>
    public void DeclareShared(string name, int columns)
    {
        string slot = $"optimizer.{name}";
        _shared.Add(name, _plan.Declare(slot, TensorType.Float32, 1, columns, SlotKind.State));
        _slots.Add(new OptimiserSlot(null, name, slot));
    }

    /// <summary>A tensor that the optimiser keeps for all parameters.</summary>
    public BufferId Shared(string name) => _shared[name];

    /// <summary>The slots of the optimiser, in order.</summary>
    public IReadOnlyList<OptimiserSlot> OptimiserSlots => _slots;

    /// <summary>The optimiser's tensors that are kept for a parameter.</summary>
    public IEnumerable<BufferId> OptimiserTensors => _optimiser.Values;
}
