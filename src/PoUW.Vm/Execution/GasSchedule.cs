using PoUW.Vm.Bytecode;
using PoUW.Vm.Operations;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;
using PoUW.Vm.Verification;

namespace PoUW.Vm.Execution;

/// <summary>The gas of every instruction. All of it is static but the bytes that MEMCOPY moves. One unit is about a nanosecond.</summary>
internal static class GasSchedule
{
    private const int MacsPerGas = 256;
    private const int FloatMacsPerGas = 96;
    private const int BytesPerGas = 16;
    private const int ClearedBytesPerGas = 32;

    /// <summary>The static part.</summary>
    public static long Of(VmProgram program, in Instruction instruction)
    {
        long gas = OpcodeInfo.Find((byte)instruction.Op)!.Gas;
        if (instruction.Op == Opcode.MatMul)
        {
            MatMulShape shape = OperandChecks.ShapeOf(program, instruction);
            bool isFloat = program.Slots[instruction.Slots[0]].Type == TensorType.Float32;
            return gas + CeilingDivide(shape.MacCount, isFloat ? FloatMacsPerGas : MacsPerGas);
        }

        if (instruction.Operation is { } operation)
        {
            TensorShape[] shapes = [.. instruction.Slots.Select(slot => program.Slots[slot].Shape)];
            return gas + operation.Gas(new TensorCallShape(shapes, instruction.Immediates));
        }

        return gas;
    }

    /// <summary>Clearing the linear memory at the start of a run.</summary>
    public static long OfMemory(long bytes) => CeilingDivide(bytes, ClearedBytesPerGas);

    /// <summary>The part of MEMCOPY and MCOPY that depends on how much is copied.</summary>
    public static long OfCopy(long bytes) => CeilingDivide(bytes, BytesPerGas);

    private static long CeilingDivide(long value, int divisor) => (value + divisor - 1) / divisor;
}
