using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Runners;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace TrainLocally;

/// <summary>What is trained, on what, and for how long.</summary>
internal sealed record TrainingTask
{
    /// <summary>The model in words.</summary>
    public required string Name { get; init; }

    /// <summary>The model and its training.</summary>
    public required TrainingSpec Spec { get; init; }

    public required Dataset Train { get; init; }

    /// <summary>What is never trained on.</summary>
    public required Dataset Test { get; init; }

    /// <summary>Steps of the whole training; the schedule ends there.</summary>
    public required long Steps { get; init; }

    /// <summary>The rate that the options or the recipe gave.</summary>
    public required float Rate { get; init; }

    public int Batch => Spec.BatchSize;

    /// <summary>Whole batches; samples that fill none wait for another epoch's order.</summary>
    public int StepsPerEpoch => Train.Count / Batch;

    /// <summary>Makes a runner with one of the data sets.</summary>
    public ModelRunner CreateRunner(Dataset data, TrainOptions options, ITensorBackend backend) => CreateRunner(Spec, data, options, backend);

    /// <summary>Makes a runner with a data set and the order that the seed gives.</summary>
    public static ModelRunner CreateRunner(TrainingSpec spec, Dataset data, TrainOptions options, ITensorBackend backend)
    {
        ValidationResult result = ModelCompiler.TryCompile(spec, data.Count, VmLimits.Default, out CompiledModel? model);
        result = result.IsValid ? DatasetInputs.Check(model!.Program.Program, data, ModelProgram.OrderKey) : result;
        if (!result.IsValid)
        {
            throw new SampleException($"The model cannot be trained: {result.Field}: {result.Message}");
        }

        ModelRunner runner = options.Runner == RunnerKind.Eager ? new EagerRunner(model!, backend) : new MachineRunner(model!, backend);
        foreach (VmSlot slot in model!.Program.Program.Slots)
        {
            if (slot.Kind == SlotKind.Input && slot.Name != ModelProgram.OrderKey)
            {
                runner.SetInput(slot.Name, data.ToTensor(slot.Name, slot.Type));
            }
        }

        runner.SetOrder(Hash256.Sha256(System.Text.Encoding.UTF8.GetBytes($"TrainLocally order {options.Seed}")));
        return runner;
    }
}
