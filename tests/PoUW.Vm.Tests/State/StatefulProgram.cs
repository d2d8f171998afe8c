using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.Backends;
using PoUW.Vm.Execution;
using PoUW.Vm.Programs;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Tests.State;

/// <summary>A program that writes state with every kind of instruction, and steps that depend on all of it.</summary>
internal static class StatefulProgram
{
    private const string Text = """
        .slot input x int8 40 33
        .slot state w int8 33 64
        .slot state y int32 40 64
        .slot state v int32 40 64
        .slot state f float32 40 64
        .slot scratch s int8 40 64
        .checkpoint end
        .entry fill 1 fill
        .entry step 1 step
        .entry product 0 product
        .entry copy 3 copy
        .entry settle 0 settle
        .entry bad 0 bad
        .code
        fill:
            load 0
            push 1
            push 1000
            vec.uniform_fill v
            load 0
            push 2
            push 1000
            vec.uniform_fill y
            push 4
            vec.requantise_shift s y 63
            push 0
            push 0
            push 33
            memcopy w s
            halt
        step:
            vec.max_abs y
            bitwidth
            dup
            emit
            push 6
            sub
            push 0
            max
            vec.requantise_shift s y 63
            load 0
            push 33
            mod
            load 0
            push 40
            mod
            push 1
            memcopy w s
            matmul y x w nn
            load 0
            push 37
            mod
            push 3
            push 2
            memcopy v y
            vec.add_int32 y y v
            vec.convert_f32 f y 0x3F000000 0x00000000
            checkpoint end
            halt
        product:
            matmul y x w nn
            halt
        copy:
            load 0
            load 1
            load 2
            memcopy v y
            halt
        settle:
            checkpoint end
            halt
        bad:
            push 1000000
            vec.fill y
            push 1000
            vec.fill s
            halt
        """;

    public static VerifiedProgram Verified(VmLimits? limits = null)
    {
        ValidationResult result = ProgramVerifier.Verify(TestMachine.Assemble(Text), limits ?? VmLimits.Default, out VerifiedProgram? verified);
        Assert.That(result.IsValid, result.ToString());
        return verified!;
    }

    public static Machine Create(ITensorBackend? backend = null, VmLimits? limits = null)
    {
        Machine machine = new(Verified(limits), backend ?? new ScalarBackend());
        Tensor x = new(TensorType.Int8, 40, 33);
        for (int i = 0; i < x.Length; i++)
        {
            x.Int8[i] = (sbyte)((i * 7 % 127) - 63);
        }

        Assert.That(machine.SetInput("x", x).IsValid);
        Run(machine, "fill", 3);
        return machine;
    }

    public static VmResult Run(Machine machine, string entry, params long[] arguments)
    {
        VmResult result = machine.Run(entry, arguments, long.MaxValue);
        Assert.That(result.IsHalted, result.Message);
        return result;
    }

    /// <summary>The root by the definition, over a copy: the machine does not hand out its tensors for it.</summary>
    public static Hash256 DefinedRoot(Machine machine)
    {
        Assert.That(MachineState.TryDecode(machine.ExportState(), VmLimits.Default, out IReadOnlyList<(string Name, Tensor Tensor)>? state).IsValid);
        return StateCommitment.Root(state!);
    }
}
