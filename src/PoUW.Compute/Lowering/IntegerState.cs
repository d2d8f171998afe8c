using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>The state slots of a model in lane I: Int32 master weights (Q16) and momentum.</summary>
internal sealed class IntegerState
{
    /// <summary>Name of the momentum behind the name of its parameter.</summary>
    public const string MomentumName = "momentum_buffer";

    private readonly Dictionary<Parameter, (BufferId Master, BufferId Velocity, int Exponent)> _slots = [];

    /// <summary>Declares the slots.</summary>
    public IntegerState(PlanWriter plan, BuiltModel model, IReadOnlyDictionary<Parameter, int> exponents)
    {
        Names = model.Names;
        foreach (Parameter parameter in Names.Parameters)
        {
            (string name, ParameterLayout layout) = (Names.Of(parameter), model.Graph.LayoutOf(parameter));
            BufferId master = plan.Declare(name, TensorType.Int32, layout.Rows, layout.Columns, SlotKind.State);
            BufferId velocity = plan.Declare($"{name}.{MomentumName}", TensorType.Int32, layout.Rows, layout.Columns, SlotKind.State);
            _slots.Add(parameter, (master, velocity, exponents[parameter]));
        }
    }

    /// <summary>The slots of the optimiser, in order.</summary>
    public IReadOnlyList<OptimiserSlot> OptimiserSlots =>
        [.. Names.Parameters.Select(p => new OptimiserSlot(p, MomentumName, $"{Names.Of(p)}.{MomentumName}"))];

    /// <summary>The exponents of the parameters by name.</summary>
    public IReadOnlyDictionary<string, int> Exponents => Names.Parameters.ToDictionary(Names.Of, p => _slots[p].Exponent, StringComparer.Ordinal);

    /// <summary>Names of the parameters.</summary>
    public ModelNames Names { get; }

    /// <summary>Master weights, Q16.</summary>
    public BufferId Master(Parameter parameter) => _slots[parameter].Master;

    /// <summary>Momentum.</summary>
    public BufferId Velocity(Parameter parameter) => _slots[parameter].Velocity;

    /// <summary>The exponent of a weight.</summary>
    public int Exponent(Parameter parameter) => _slots[parameter].Exponent;
}
