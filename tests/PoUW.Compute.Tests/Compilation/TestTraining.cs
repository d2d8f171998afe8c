using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Tests.Compilation;

/// <summary>Builds machines that train.</summary>
internal static class TestTraining
{
    public static readonly MlpSpec Small = new([64, 24, 17, 10], 32, [new(0, 12), new(2, 10)]);

    public static Machine Create(MlpSpec spec, Dataset data, ITensorBackend backend)
    {
        ValidationResult result = MlpCompiler.TryCompile(spec, data.Count, VmLimits.Default, out VerifiedProgram? program);
        Assert.That(result.IsValid, result.ToString());
        Machine machine = new(program!, backend);
        Tensor key = new(TensorType.UInt8, 32, 1);
        key.UInt8.Fill(9);
        Assert.That(DatasetInputs.TrySet(machine, data, MlpCompiler.OrderKey).IsValid);
        Assert.That(machine.SetInput(MlpCompiler.OrderKey, key).IsValid);
        return machine;
    }

    public static IReadOnlyList<long> Run(Machine machine, string entry, params long[] arguments)
    {
        VmResult result = machine.Run(entry, arguments, long.MaxValue);
        Assert.That(result.IsHalted, result.Message);
        return result.Outputs;
    }
}
