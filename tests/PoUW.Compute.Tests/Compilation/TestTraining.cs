using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Compute.Modules;
using PoUW.Compute.Optimisers;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Compilation;

/// <summary>Builds machines that train.</summary>
internal static class TestTraining
{
    public static readonly TrainingSpec Small = Perceptron(8, [24, 17, 10], 32, [new(0, 12), new(2, 10)]);

    /// <summary>Layers fc1, fc2, ... without bias, with ReLU between them.</summary>
    public static TrainingSpec Perceptron(int side, int[] widths, int batch, IReadOnlyList<LearningRateStep> schedule)
    {
        List<(string Name, Module Module)> modules = [("flatten", new Flatten())];
        for (int i = 0; i < widths.Length; i++)
        {
            if (i > 0)
            {
                modules.Add(($"relu{i}", new ReLU()));
            }

            modules.Add(($"fc{i + 1}", new Linear(i == 0 ? side * side : widths[i - 1], widths[i], bias: false)));
        }

        return new TrainingSpec
        {
            Model = new Sequential(modules),
            Input = new ImageInput(1, side, side),
            Optimiser = new IntegerMomentum(schedule),
            BatchSize = batch,
        };
    }

    public static Machine Create(TrainingSpec spec, Dataset data, ITensorBackend backend)
    {
        ValidationResult result = ModelCompiler.TryCompile(spec, data.Count, VmLimits.Default, out CompiledModel? model);
        Assert.That(result.IsValid, result.ToString());
        Machine machine = new(model!.Program, backend);
        Tensor key = new(TensorType.UInt8, 32, 1);
        key.UInt8.Fill(9);
        Assert.That(DatasetInputs.TrySet(machine, data, ModelProgram.OrderKey).IsValid);
        Assert.That(machine.SetInput(ModelProgram.OrderKey, key).IsValid);
        return machine;
    }

    public static IReadOnlyList<long> Run(Machine machine, string entry, params long[] arguments)
    {
        VmResult result = machine.Run(entry, arguments, long.MaxValue);
        Assert.That(result.IsHalted, result.Message);
        return result.Outputs;
    }
}
