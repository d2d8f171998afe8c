using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>Writes models in lane I.</summary>
internal sealed class IntegerCompiler : LaneCompiler
{
    private const int GradientBits = 7;
    private const int MaxGradient = 127;
    private const long MasterLimit = (long)IntegerLowering.MaxOperand << IntegerLowering.MasterBits;

    private readonly IntegerMomentum _optimiser;
    private readonly IntegerState _state;

    public IntegerCompiler(TrainingSpec spec, BuiltModel model, int datasetSize)
        : base(spec, model, datasetSize)
    {
        _optimiser = (IntegerMomentum)spec.Optimiser;
        _state = new IntegerState(Plan, model, IntegerExponents.Of(spec, model));
    }

    public override IReadOnlyList<OptimiserSlot> OptimiserSlots => _state.OptimiserSlots;

    public override IReadOnlyDictionary<string, int> Exponents => _state.Exponents;

    protected override void WriteInit()
    {
        IReadOnlyList<Parameter> parameters = Model.Names.Parameters;
        for (int i = 0; i < parameters.Count; i++)
        {
            int stream = i;
            Plan.WithTemporaries(() =>
            {
                BufferId master = _state.Master(parameters[stream]);
                if (parameters[stream].Shape.Count == 1)
                {
                    Plan.Tensor(IntegerOps.Fill, [master], [], Plan.Constant(0));
                }
                else
                {
                    Plan.Tensor(IntegerOps.UniformFill, [master], [], Register.First, Plan.Constant(stream), Plan.Constant(MasterLimit));
                }

                Plan.Tensor(IntegerOps.Fill, [_state.Velocity(parameters[stream])], [], Plan.Constant(0));
            });
        }
    }

    protected override LossMetrics WriteStep(BufferId rows)
    {
        IntegerLowering lowering = new(Plan, training: true, _state);
        BatchTensors batch = Load(lowering, rows);
        BufferId targets = LoadTargets(batch);
        foreach (GraphOperation operation in Model.Graph.Operations)
        {
            operation.Forward(lowering);
        }

        LossMetrics metrics = Spec.Loss.Measure(lowering, Model.Output, targets, null);
        lowering.PassError(Model.Output, Spec.Loss.Gradient(lowering, Model.Output, targets));
        foreach (GraphOperation operation in Model.Graph.Operations.Reverse())
        {
            if (operation.RequiresGradient && lowering.HasGradient(operation.Output))
            {
                operation.Backward(lowering);
            }
        }

        Register rate = Plan.Lookup(Register.Position, [.. _optimiser.Schedule.Select(static s => (s.FirstStep, 1L << s.Shift))]);
        foreach (Parameter parameter in Model.Names.Parameters.Where(lowering.HasGradient))
        {
            Plan.WithTemporaries(() => WriteUpdate(parameter, lowering.Gradient(parameter), rate));
        }

        return metrics;
    }

    protected override LossMetrics? WriteForward(BufferId rows, Register? samples, BufferId? prediction)
    {
        IntegerLowering lowering = new(Plan, training: false, _state);
        BatchTensors batch = Load(lowering, rows);
        foreach (GraphOperation operation in Model.Graph.Operations)
        {
            operation.Forward(lowering);
        }

        if (prediction is { } slot)
        {
            CopyPrediction(lowering.Of(Model.Output), slot);
            Plan.Emit(lowering.Exponent(Model.Output));
            return null;
        }

        return Spec.Loss.Measure(lowering, Model.Output, LoadTargets(batch), samples);
    }

    private void WriteUpdate(Parameter parameter, BufferId sum, Register rate)
    {
        BufferId master = _state.Master(parameter);
        BufferId gradient = Plan.Scratch(TensorType.Int8, Plan.ShapeOf(sum).Rows, Plan.ShapeOf(sum).Columns);
        Plan.Tensor(IntegerOps.StochasticRoundShift, [gradient, sum], [MaxGradient], IntegerLowering.ShiftTo(Plan, sum, GradientBits));
        Plan.Tensor(
            IntegerOps.MomentumUpdate, [master, _state.Velocity(parameter), gradient], [_optimiser.MomentumShift], rate, Plan.Constant(MasterLimit));
    }
}
