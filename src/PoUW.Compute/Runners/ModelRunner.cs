using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Runners;

/// <summary>
/// A compiled model with its state: trains, evaluates and predicts on this machine. <see cref="EagerRunner"/> calls the kernels itself,
/// <see cref="MachineRunner"/> runs the program that the network runs; both give the same bits. Not thread-safe.
/// </summary>
public abstract class ModelRunner
{
    // A run of the machine emits at most 2^20 numbers.
    private const long StepsPerRun = 1 << 18;
    private const double FixedPointUnit = 1 << 15;
    private const double NatsPerBit = 0.69314718055994531;

    private protected ModelRunner(CompiledModel model) => Model = model;

    /// <summary>What runs.</summary>
    public CompiledModel Model { get; }

    /// <summary>The live state: weights, buffers and optimiser, by name, in program order. May be written between runs.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Gives an input slot its tensor, which is not copied.</summary>
    /// <exception cref="ArgumentException">There is no such input, or it has another shape.</exception>
    public abstract void SetInput(string name, Tensor tensor);

    /// <summary>Sets all inputs but the data order: every one takes the column of the data set that has its name.</summary>
    /// <returns>The column that is missing or does not fit; nothing changes then.</returns>
    public ValidationResult TrySetData(Dataset data)
    {
        ValidationResult result = DatasetInputs.Check(Model.Program.Program, data, ModelProgram.OrderKey);
        if (!result.IsValid)
        {
            return result;
        }

        foreach (VmSlot slot in Model.Program.Program.Slots.Where(static s => s.Kind == SlotKind.Input && s.Name != ModelProgram.OrderKey))
        {
            SetInput(slot.Name, data.ToTensor(slot.Name, slot.Type));
        }

        return ValidationResult.Ok;
    }

    /// <summary>Sets the key of the data order: on the network the hash of the job's manifest.</summary>
    public void SetOrder(Hash256 key)
    {
        Tensor tensor = new(TensorType.UInt8, Hash256.Size, 1);
        key.CopyTo(tensor.UInt8);
        SetInput(ModelProgram.OrderKey, tensor);
    }

    /// <summary>Fills the state from a seed.</summary>
    public void Initialise(long seed) => Run(ModelProgram.InitEntry, [seed], default);

    /// <summary>Runs consecutive steps.</summary>
    /// <param name="firstStep">Number of the first; it chooses rows, learning rate and masks.</param>
    /// <param name="steps">How many.</param>
    /// <param name="cancellation">Observed between steps (eager) or instructions; the state is then in between.</param>
    /// <returns>One entry a step, measured before its update.</returns>
    /// <exception cref="PouwException">The data has a number that an operation refuses, such as a label that is no class.</exception>
    public IReadOnlyList<StepMetrics> Train(long firstStep, long steps, CancellationToken cancellation = default)
    {
        List<StepMetrics> metrics = new((int)Math.Min(Math.Max(steps, 0), StepsPerRun));
        Train(firstStep, steps, (loss, correct, answers) => metrics.Add(ToMetrics(loss, correct, answers)), cancellation);
        return metrics;
    }

    /// <summary>The same with what the program emits a step: the loss summed over the answers (Q15, its unit the loss's), right answers, answers.</summary>
    internal void Train(long firstStep, long steps, Action<long, long, long> emit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        for (long done = 0; done < steps; done += StepsPerRun)
        {
            IReadOnlyList<long> outputs = Run(ModelProgram.TrainEntry, [firstStep + done, Math.Min(steps - done, StepsPerRun)], cancellation);
            for (int at = 0; at < outputs.Count; at += ModelProgram.OutputsPerStep)
            {
                emit(outputs[at], outputs[at + 1], outputs[at + 2]);
            }
        }
    }

    /// <summary>Evaluates rows of the data set, without dropout and with running statistics.</summary>
    public StepMetrics Evaluate(long firstRow, long rows, CancellationToken cancellation = default)
    {
        RequireRows(firstRow, rows);
        IReadOnlyList<long> outputs = Run(ModelProgram.EvaluateEntry, [firstRow, rows], cancellation);
        return ToMetrics(outputs[1], outputs[0], outputs[2]);
    }

    /// <summary>Evaluates all rows of the data set.</summary>
    public StepMetrics Evaluate(CancellationToken cancellation = default) => Evaluate(0, Model.DatasetSize, cancellation);

    /// <summary>
    /// The outputs of one batch that starts at a row; rows beyond the data set repeat the last one. Row-major in PyTorch's shape
    /// (<see cref="CompiledModel.OutputShape"/>). Lane I: scaled by the exponent of the batch.
    /// </summary>
    public float[] Predict(long firstRow, CancellationToken cancellation = default)
    {
        RequireRows(firstRow, 1);
        IReadOnlyList<long> outputs = Run(ModelProgram.PredictEntry, [firstRow], cancellation);
        Tensor prediction = Output(ModelProgram.Prediction);
        if (prediction.Type == TensorType.Float32)
        {
            return prediction.Float32.ToArray();
        }

        int exponent = (int)outputs[0];
        float[] scaled = new float[prediction.Length];
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] = MathF.ScaleB(prediction.Int8[i], exponent);
        }

        return scaled;
    }

    /// <summary>Runs an entry point and returns what it emitted.</summary>
    private protected abstract IReadOnlyList<long> Run(string entry, ReadOnlySpan<long> arguments, CancellationToken cancellation);

    /// <summary>An output slot.</summary>
    private protected abstract Tensor Output(string name);

    private StepMetrics ToMetrics(long loss, long correct, long answers)
    {
        double unit = Model.Spec.Loss.IsInBits ? NatsPerBit / FixedPointUnit : 1 / FixedPointUnit;
        return new StepMetrics(loss * unit / answers, correct, answers);
    }

    private void RequireRows(long firstRow, long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Model.DatasetSize - firstRow);
    }
}
