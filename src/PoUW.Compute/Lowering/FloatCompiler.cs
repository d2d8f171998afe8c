using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;
using PoUW.Compute.Losses;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>Writes models in lane R.</summary>
internal sealed class FloatCompiler : LaneCompiler
{
    private const long LargestLoss = 1L << 62;

    private readonly FloatOptimiser _optimiser;
    private readonly FloatState _state;
    private readonly Dictionary<Parameter, int> _uses = [];

    public FloatCompiler(TrainingSpec spec, BuiltModel model, int datasetSize)
        : base(spec, model, datasetSize)
    {
        _optimiser = (FloatOptimiser)spec.Optimiser;
        _state = new FloatState(Plan, model.Names, model.Graph);
        foreach (Parameter parameter in model.Names.Parameters)
        {
            _optimiser.DeclareState(_state, parameter);
        }

        _optimiser.DeclareShared(_state);
    }

    public override IReadOnlyList<OptimiserSlot> OptimiserSlots => _state.OptimiserSlots;

    protected override void WriteInit()
    {
        IReadOnlyList<Parameter> parameters = Model.Names.Parameters;
        for (int i = 0; i < parameters.Count; i++)
        {
            int stream = i;
            Plan.WithTemporaries(() => WriteStart(_state.Weights(parameters[stream]), parameters[stream].Initialiser, stream));
        }

        foreach (StateBuffer buffer in Model.Names.Buffers)
        {
            BufferId slot = _state.Buffer(buffer);
            if (buffer.IsCounter)
            {
                Plan.WithTemporaries(() => Plan.Store(slot, Plan.Constant((long)buffer.Start)));
            }
            else
            {
                Plan.Tensor(DataOps.Fill, [slot], [Bits(buffer.Start)]);
            }
        }

        foreach (BufferId tensor in _state.OptimiserTensors)
        {
            Plan.Tensor(DataOps.Fill, [tensor], [0]);
        }

        _optimiser.InitialiseShared(Plan, _state);
    }

    protected override LossMetrics WriteStep(BufferId rows)
    {
        FloatLowering lowering = new(Plan, training: true, _state) { MaskSeed = Spec.MaskSeed };
        BatchTensors batch = Load(lowering, rows);
        BufferId targets = LoadTargets(batch);
        foreach (GraphOperation operation in Model.Graph.Operations)
        {
            lowering.Enter(operation);
            operation.Forward(lowering);
        }

        LossMetrics metrics = Spec.Loss.Measure(lowering, Model.Output, targets, null);
        lowering.PassGradient(Model.Output, Spec.Loss.Gradient(lowering, Model.Output, targets));
        WriteBackward(lowering, WriteRate());
        return metrics;
    }

    // A batch adds less than 2^53, also if the model diverged.
    protected override void BoundLoss(Register sum) => Plan.Set(sum, ScalarOp.Minimum, sum, Plan.Constant(LargestLoss));

    protected override LossMetrics? WriteForward(BufferId rows, Register? samples, BufferId? prediction)
    {
        FloatLowering lowering = new(Plan, training: false, _state);
        BatchTensors batch = Load(lowering, rows);
        foreach (GraphOperation operation in Model.Graph.Operations)
        {
            lowering.Enter(operation);
            operation.Forward(lowering);
        }

        if (prediction is { } slot)
        {
            CopyPrediction(lowering.Of(Model.Output), slot);
            return null;
        }

        return Spec.Loss.Measure(lowering, Model.Output, LoadTargets(batch), samples);
    }

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private void WriteStart(BufferId weights, Initialiser initialiser, int stream)
    {
        switch (initialiser)
        {
            case UniformInitialiser uniform:
                Plan.Tensor(DataOps.UniformFill, [weights], [Bits(uniform.Low), Bits(uniform.High)], Register.First, Plan.Constant(stream));
                break;
            case NormalInitialiser normal:
                Plan.Tensor(DataOps.NormalFill, [weights], [Bits(normal.Mean), Bits(normal.Deviation)], Register.First, Plan.Constant(stream));
                break;
            case ConstantInitialiser constant:
                Plan.Tensor(DataOps.Fill, [weights], [Bits(constant.Value)]);
                break;
            default:
                throw new ModelException($"The initialiser {initialiser} is not known.");
        }
    }

    /// <summary>The rate of this step, 1 x 1.</summary>
    private BufferId WriteRate()
    {
        BufferId rate = Plan.Scratch(TensorType.Float32, 1, 1);
        Plan.WithTemporaries(() => Plan.Store(rate, Plan.Lookup(Register.Position, RateTable.Of(_optimiser))));
        return rate;
    }

    /// <summary>
    /// Backward pass. A parameter is updated as soon as its last gradient is there and nothing reads it any more, while the gradient is in
    /// the cache; with a limit on the norm of all gradients, at the end.
    /// </summary>
    private void WriteBackward(FloatLowering lowering, BufferId rate)
    {
        _optimiser.BeginStep(Plan, _state);
        CountUses();
        foreach (GraphOperation operation in Model.Graph.Operations.Reverse())
        {
            if (operation.RequiresGradient && lowering.HasGradient(operation.Output))
            {
                lowering.Enter(operation);
                operation.Backward(lowering);
            }

            foreach (Parameter parameter in operation.Parameters)
            {
                if (--_uses[parameter] == 0 && _optimiser.ClipNorm is null && lowering.HasGradient(parameter))
                {
                    _optimiser.Update(lowering, parameter, lowering.Gradient(parameter), rate);
                }
            }
        }

        if (_optimiser.ClipNorm is { } norm)
        {
            WriteClippedUpdates(lowering, rate, norm);
        }
    }

    private void CountUses()
    {
        _uses.Clear();
        foreach (Parameter parameter in Model.Graph.Operations.SelectMany(static operation => operation.Parameters))
        {
            _uses[parameter] = _uses.GetValueOrDefault(parameter) + 1;
        }
    }

    private void WriteClippedUpdates(FloatLowering lowering, BufferId rate, float norm)
    {
        // Parameters of a branch that does not reach the loss have no gradient and stay, as in PyTorch.
        Parameter[] parameters = [.. Model.Names.Parameters.Where(lowering.HasGradient)];
        BufferId? total = null;
        foreach (BufferId gradient in parameters.Select(lowering.Gradient))
        {
            BufferId rowSums = Plan.Scratch(TensorType.Float32, Plan.ShapeOf(gradient).Rows, 1);
            BufferId sum = Plan.Scratch(TensorType.Float32, 1, 1);
            Plan.Tensor(FloatReductionOps.SumSquares, [rowSums, gradient]);
            Plan.Tensor(FloatReductionOps.SumRows, [sum, rowSums]);
            if (total is { } before)
            {
                BufferId next = Plan.Scratch(TensorType.Float32, 1, 1);
                Plan.Tensor(FloatElementwiseOps.Add, [next, before, sum]);
                sum = next;
            }

            total = sum;
        }

        BufferId factor = Plan.Scratch(TensorType.Float32, 1, 1);
        Plan.Tensor(FloatOptimiserOps.ClipScale, [factor, total!.Value], [Bits(norm)]);
        foreach (Parameter parameter in parameters)
        {
            BufferId gradient = lowering.Gradient(parameter);
            BufferId scaled = Plan.Like(gradient);
            Plan.Tensor(FloatElementwiseOps.Multiply, [scaled, gradient, factor]);
            _optimiser.Update(lowering, parameter, scaled, rate);
        }
    }
}
