using PoUW.Compute.Data;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Compilation;

/// <summary>Writes the code of one perceptron.</summary>
internal sealed class MlpCodeWriter
{
    private const int MaxOperand = 63;
    private const int MaxGradient = 127;
    private const int MasterBits = 16;
    private const int PermutationRounds = DataOrder.Rounds;
    private const int KeyBytes = 32;

    // Locals. The first two are the arguments of every entry point.
    private const int First = 0;
    private const int Count = 1;
    private const int Position = 2;
    private const int End = 3;
    private const int Exponent = 4;
    private const int Shift = 5;
    private const int Rate = 6;
    private const int Correct = 7;
    private const int Loss = 8;
    private const int Rows = 9;

    private readonly ProgramBuilder _code = new();
    private readonly MlpSpec _spec;
    private readonly int _datasetSize;
    private readonly int _images;
    private readonly int _labels;
    private readonly int _orderKey;
    private readonly int _index;
    private readonly int _batchLabels;
    private readonly int _prediction;
    private readonly MlpLayer[] _layers;
    private readonly CodeLabel _forward;

    public MlpCodeWriter(MlpSpec spec, int datasetSize)
    {
        (_spec, _datasetSize) = (spec, datasetSize);
        int batch = spec.BatchSize;
        _images = _code.Slot(MlpCompiler.Images, TensorType.Int8, datasetSize, spec.LayerSizes[0], SlotKind.Input);
        _labels = _code.Slot(MlpCompiler.Labels, TensorType.UInt8, datasetSize, 1, SlotKind.Input);
        _orderKey = _code.Slot(MlpCompiler.OrderKey, TensorType.UInt8, KeyBytes, 1, SlotKind.Input);
        _index = Scratch("batch.index", TensorType.Int32, batch, 1);
        _batchLabels = Scratch("batch.labels", TensorType.UInt8, batch, 1);
        _prediction = Scratch("batch.prediction", TensorType.Int32, batch, 1);
        _layers = new MlpLayer[spec.LayerCount];
        int input = Scratch("batch.images", TensorType.Int8, batch, spec.LayerSizes[0]);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i] = DeclareLayer(i, input);
            input = _layers[i].Output;
        }

        _forward = _code.NewLabel();
    }

    public VmProgram Write()
    {
        WriteInit();
        if (_datasetSize >= _spec.BatchSize)
        {
            WriteTrain();
        }

        WriteEvaluate();
        WriteForward();
        return _code.Build();
    }

    private int Scratch(string name, TensorType type, int rows, int columns) => _code.Slot(name, type, rows, columns, SlotKind.Scratch);

    private MlpLayer DeclareLayer(int layer, int input)
    {
        (int rows, int columns, int batch) = (_spec.LayerSizes[layer], _spec.LayerSizes[layer + 1], _spec.BatchSize);
        string name = $"fc{layer + 1}";
        return new MlpLayer(
            input,
            _code.Slot(MlpSpec.WeightSlot(layer), TensorType.Int32, rows, columns, SlotKind.State),
            _code.Slot(MlpSpec.MomentumSlot(layer), TensorType.Int32, rows, columns, SlotKind.State),
            Scratch($"{name}.weight8", TensorType.Int8, rows, columns),
            Scratch($"{name}.sum", TensorType.Int32, batch, columns),
            Scratch($"{name}.output", TensorType.Int8, batch, columns),
            Scratch($"{name}.error", TensorType.Int8, batch, columns),
            layer == 0 ? -1 : Scratch($"{name}.error.sum", TensorType.Int32, batch, rows),
            Scratch($"{name}.gradient.sum", TensorType.Int32, rows, columns),
            Scratch($"{name}.gradient", TensorType.Int8, rows, columns));
    }

    private void WriteInit()
    {
        _code.Entry(MlpCompiler.InitEntry, 1);
        for (int i = 0; i < _layers.Length; i++)
        {
            _code.Load(First).Push(i).Push((long)_spec.InitBound << MasterBits).Vector(IntegerOps.UniformFill, [_layers[i].Master]);
            _code.Push(0).Vector(IntegerOps.Fill, [_layers[i].Velocity]);
        }

        _code.Checkpoint("init").Op(Opcode.Halt);
    }

    private void WriteTrain()
    {
        _code.Entry(MlpCompiler.TrainEntry, 2);
        CodeLabel done = _code.NewLabel();
        CodeLabel loop = BeginLoop(done);
        WriteBatchOfStep();
        _code.Call(_forward);
        WriteLoss(_spec.BatchSize);
        _code.Op(Opcode.Emit);
        WriteCorrect(_spec.BatchSize);
        _code.Op(Opcode.Emit);
        _code.Push(_spec.BatchSize).Op(Opcode.Emit);
        WriteBackward();
        WriteRate();
        foreach (MlpLayer layer in _layers)
        {
            WriteUpdate(layer);
        }

        _code.Checkpoint("step");
        _code.Load(Position).Push(1).Op(Opcode.Add).Store(Position).Jump(loop);
        _code.Mark(done);
        _code.Op(Opcode.Halt);
    }

    private void WriteEvaluate()
    {
        _code.Entry(MlpCompiler.EvaluateEntry, 2);
        CodeLabel done = _code.NewLabel();
        CodeLabel loop = BeginLoop(done);

        // Rows beyond the end repeat the last one and are not counted.
        _code.Load(Position).Load(End).Push(1).Op(Opcode.Sub).Vector(IntegerOps.Sequence, [_index]);
        _code.Load(End).Load(Position).Op(Opcode.Sub).Push(_spec.BatchSize).Op(Opcode.Min).Store(Rows);
        WriteGather();
        _code.Call(_forward);
        WriteLoss(null);
        _code.Load(Loss).Op(Opcode.Add).Store(Loss);
        WriteCorrect(null);
        _code.Load(Correct).Op(Opcode.Add).Store(Correct);
        _code.Load(Position).Load(Rows).Op(Opcode.Add).Store(Position).Jump(loop);
        _code.Mark(done);
        _code.Load(Correct).Op(Opcode.Emit).Load(Loss).Op(Opcode.Emit).Op(Opcode.Halt);
    }

    /// <summary>Position from First to First + Count; leaves for <paramref name="done"/> at the end.</summary>
    private CodeLabel BeginLoop(CodeLabel done)
    {
        _code.Load(First).Store(Position).Load(First).Load(Count).Op(Opcode.Add).Store(End);
        CodeLabel loop = _code.MarkNew();
        _code.Load(End).Load(Position).Op(Opcode.LessOrEqual).JumpIf(done);
        return loop;
    }

    /// <summary>Batch of step t: a window of the permutation of its epoch.</summary>
    private void WriteBatchOfStep()
    {
        int batchesPerEpoch = _datasetSize / _spec.BatchSize;
        _code.Push(_datasetSize);
        _code.Load(Position).Push(batchesPerEpoch).Op(Opcode.Mod).Push(_spec.BatchSize).Op(Opcode.Mul);
        _code.Load(Position).Push(batchesPerEpoch).Op(Opcode.Div);
        _code.Vector(IntegerOps.KeyedPermutation, [_index, _orderKey], PermutationRounds);
        WriteGather();
    }

    private void WriteGather()
    {
        _code.Vector(IntegerOps.GatherRows, [_layers[0].Input, _images, _index]);
        _code.Vector(IntegerOps.GatherRows, [_batchLabels, _labels, _index]);
    }

    private void WriteForward()
    {
        _code.Mark(_forward);
        _code.Push(_spec.InputExponent).Store(Exponent);
        for (int i = 0; i < _layers.Length; i++)
        {
            MlpLayer layer = _layers[i];
            _code.Push(MasterBits).Vector(IntegerOps.RequantiseShift, [layer.Weight, layer.Master], MaxOperand);
            _code.MatMul(layer.Sum, layer.Input, layer.Weight, tileWork: true);
            WriteShift(layer.Sum, _spec.ActivationBits);
            _code.Load(Shift).Vector(IntegerOps.RequantiseShift, [layer.Output, layer.Sum], MaxOperand);
            if (i < _layers.Length - 1)
            {
                _code.Vector(IntegerOps.Relu, [layer.Output, layer.Output]);
            }

            _code.Load(Exponent).Push(_spec.WeightExponent(i)).Op(Opcode.Add).Load(Shift).Op(Opcode.Add).Store(Exponent);
        }

        _code.Op(Opcode.Ret);
    }

    /// <summary>Shift = max(bit width of the largest magnitude - bits, 0).</summary>
    private void WriteShift(int slot, int bits)
    {
        _code.Vector(IntegerOps.MaxAbs, [slot]).Op(Opcode.BitWidth).Push(bits).Op(Opcode.Sub).Push(0).Op(Opcode.Max).Store(Shift);
    }

    private void WriteLoss(int? rows)
    {
        _code.Load(Exponent);
        PushRows(rows);
        _code.Vector(IntegerOps.SoftmaxCrossEntropyLoss, [_layers[^1].Output, _batchLabels]);
    }

    private void WriteCorrect(int? rows)
    {
        _code.Vector(IntegerOps.ArgMaxRows, [_prediction, _layers[^1].Output]);
        PushRows(rows);
        _code.Vector(IntegerOps.CountEqual, [_prediction, _batchLabels]);
    }

    private void PushRows(int? rows)
    {
        if (rows is int count)
        {
            _code.Push(count);
        }
        else
        {
            _code.Load(Rows);
        }
    }

    private void WriteBackward()
    {
        MlpLayer last = _layers[^1];
        _code.Load(Exponent).Vector(
            IntegerOps.SoftmaxCrossEntropyGradient, [last.Error, last.Output, _batchLabels], _spec.ErrorShift, MaxOperand);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            MlpLayer layer = _layers[i];
            _code.MatMul(layer.GradientSum, layer.Input, layer.Error, transposeA: true, tileWork: true);
            if (i == 0)
            {
                continue;
            }

            MlpLayer below = _layers[i - 1];
            _code.MatMul(layer.ErrorSum, layer.Error, layer.Weight, transposeB: true, tileWork: true);
            WriteShift(layer.ErrorSum, _spec.ActivationBits);
            _code.Load(Shift).Vector(IntegerOps.RequantiseShift, [below.Error, layer.ErrorSum], MaxOperand);
            _code.Vector(IntegerOps.ReluGradient, [below.Error, below.Error, below.Output]);
        }
    }

    /// <summary>Rate = 2^shift of the last schedule entry that has started.</summary>
    private void WriteRate()
    {
        CodeLabel chosen = _code.NewLabel();
        _code.Push(1L << _spec.Schedule[0].Shift).Store(Rate);
        foreach (LearningRateStep step in _spec.Schedule.Skip(1))
        {
            _code.Load(Position).Push(step.FirstStep).Op(Opcode.Less).JumpIf(chosen);
            _code.Push(1L << step.Shift).Store(Rate);
        }

        _code.Mark(chosen);
    }

    private void WriteUpdate(MlpLayer layer)
    {
        WriteShift(layer.GradientSum, _spec.GradientBits);
        _code.Load(Shift).Vector(IntegerOps.StochasticRoundShift, [layer.Gradient, layer.GradientSum], MaxGradient);
        _code.Load(Rate).Push((long)MaxOperand << MasterBits);
        _code.Vector(IntegerOps.MomentumUpdate, [layer.Master, layer.Velocity, layer.Gradient], _spec.MomentumShift);
    }
}
