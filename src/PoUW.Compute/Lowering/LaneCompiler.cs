using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Losses;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Lowering;

/// <summary>
/// Writes the four sections of a model: init(seed), train(first step, steps), evaluate(first row, rows) and predict(first row). What
/// differs between the lanes is in the derived classes.
/// </summary>
internal abstract class LaneCompiler
{
    private const int PermutationRounds = DataOrder.Rounds;
    private const int KeyBytes = 32;

    private readonly int _datasetSize;
    private readonly BufferId _orderKey;
    private readonly BufferId _features;
    private readonly BufferId _prediction;
    private readonly LossInput _targets;

    protected LaneCompiler(TrainingSpec spec, BuiltModel model, int datasetSize)
    {
        (Spec, Model, _datasetSize) = (spec, model, datasetSize);
        _features = spec.Input.Declare(Plan, datasetSize, spec.Lane);
        _targets = spec.Loss.Declare(Plan, model.Output, datasetSize);
        _orderKey = Plan.Declare(ModelProgram.OrderKey, TensorType.UInt8, KeyBytes, 1, SlotKind.Input);
        TensorType type = spec.Lane == Lane.Integer ? TensorType.Int8 : TensorType.Float32;
        _prediction = Plan.Declare(ModelProgram.Prediction, type, model.Output.Rows, model.Output.Columns, SlotKind.Output);
    }

    /// <summary>The slots of the optimiser, in order.</summary>
    public abstract IReadOnlyList<OptimiserSlot> OptimiserSlots { get; }

    /// <summary>Lane I: the exponents of the parameters by name.</summary>
    public virtual IReadOnlyDictionary<string, int> Exponents { get; } = new Dictionary<string, int>();

    protected PlanWriter Plan { get; } = new();

    protected TrainingSpec Spec { get; }

    protected BuiltModel Model { get; }

    /// <summary>Writes the plan.</summary>
    public Plan Compile()
    {
        Plan.Begin(ModelProgram.InitEntry, 1, stride: 0);
        WriteInit();
        Plan.Checkpoint("init");
        if (_datasetSize >= Spec.BatchSize)
        {
            WriteTrainSection();
        }

        WriteEvaluateSection();
        WritePredictSection();
        return Plan.Build();
    }

    /// <summary>Fills the state from the seed in <see cref="Register.First"/>.</summary>
    protected abstract void WriteInit();

    /// <summary>One step but for choosing the rows: loads, computes, measures, updates.</summary>
    protected abstract LossMetrics WriteStep(BufferId rows);

    /// <summary>Keeps a sum of losses from overflowing, if the lane's can be that large. Those of lane I cannot: a row's is below 2^31.</summary>
    protected virtual void BoundLoss(Register sum)
    {
    }

    /// <summary>Computes the output for rows; the targets are measured if samples is given.</summary>
    protected abstract LossMetrics? WriteForward(BufferId rows, Register? samples, BufferId? prediction);

    protected BatchTensors Load(FloatLowering lowering, BufferId rows) => Spec.Input.Load(lowering, Model.Input, _features, rows);

    protected BatchTensors Load(IntegerLowering lowering, BufferId rows) => Spec.Input.Load(lowering, Model.Input, _features, rows);

    protected BufferId LoadTargets(BatchTensors batch) => Spec.Loss.LoadTargets(Plan, _targets, Model.Output, batch);

    private void WriteTrainSection()
    {
        Plan.Begin(ModelProgram.TrainEntry, 2, stride: 1);
        Plan.BeginBody();
        Plan.WithTemporaries(() =>
        {
            LossMetrics metrics = WriteStep(RowsOfStep());
            Plan.Emit(metrics.Loss);
            Plan.Emit(metrics.Correct);
            Plan.Emit(metrics.Answers);
            Plan.Checkpoint("step");
        });
    }

    private void WriteEvaluateSection()
    {
        Plan.Begin(ModelProgram.EvaluateEntry, 2, stride: Spec.BatchSize);
        (Register correct, Register loss, Register answers) = (Plan.Constant(0), Plan.Constant(0), Plan.Constant(0));
        Plan.BeginBody();
        Plan.WithTemporaries(() =>
        {
            // Rows beyond the end repeat the last one and are not counted.
            BufferId rows = Plan.Scratch(TensorType.Int32, Spec.BatchSize, 1);
            Plan.Tensor(IntegerOps.Sequence, [rows], [], Register.Position, Plan.Scalar(ScalarOp.Subtract, Register.End, 1));
            Register left = Plan.Scalar(ScalarOp.Subtract, Register.End, Register.Position);
            Register samples = Plan.Scalar(ScalarOp.Minimum, left, Spec.BatchSize);
            LossMetrics metrics = WriteForward(rows, samples, null)!.Value;
            Plan.Set(correct, ScalarOp.Add, correct, metrics.Correct);
            Plan.Set(loss, ScalarOp.Add, loss, metrics.Loss);
            BoundLoss(loss);
            Plan.Set(answers, ScalarOp.Add, answers, metrics.Answers);
        });
        Plan.BeginEpilogue();
        Plan.Emit(correct);
        Plan.Emit(loss);
        Plan.Emit(answers);
    }

    private void WritePredictSection()
    {
        Plan.Begin(ModelProgram.PredictEntry, 1, stride: 0);
        BufferId rows = Plan.Scratch(TensorType.Int32, Spec.BatchSize, 1);
        Plan.Tensor(IntegerOps.Sequence, [rows], [], Register.First, Plan.Constant(_datasetSize - 1));
        WriteForward(rows, null, _prediction);
    }

    /// <summary>The rows of step t: a window of the permutation of its epoch.</summary>
    private BufferId RowsOfStep()
    {
        BufferId rows = Plan.Scratch(TensorType.Int32, Spec.BatchSize, 1);
        Plan.WithTemporaries(() =>
        {
            Register batches = Plan.Constant(_datasetSize / Spec.BatchSize);
            Register first = Plan.Scalar(ScalarOp.Multiply, Plan.Scalar(ScalarOp.Modulo, Register.Position, batches), Spec.BatchSize);
            Register epoch = Plan.Scalar(ScalarOp.Divide, Register.Position, batches);
            Plan.Tensor(IntegerOps.KeyedPermutation, [rows, _orderKey], [PermutationRounds], Plan.Constant(_datasetSize), first, epoch);
        });
        return rows;
    }

    /// <summary>Copies the output to the slot of predictions.</summary>
    protected void CopyPrediction(BufferId output, BufferId prediction) => Plan.Tensor(DataOps.Reshape, [prediction, output]);
}
