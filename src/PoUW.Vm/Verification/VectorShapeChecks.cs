using PoUW.Vm.Bytecode;
using PoUW.Vm.Programs;

namespace PoUW.Vm.Verification;

/// <summary>Shape, alias and immediate rules of each vector operation.</summary>
internal static class VectorShapeChecks
{
    private const int MaxByteLimit = 127;
    private const int MaxShift = 31;
    private const int KeyBytes = 32;

    /// <returns>Null if all is well, otherwise what is wrong.</returns>
    public static string? Check(VmProgram program, in Instruction instruction, VectorOpInfo info)
    {
        VmSlot[] slots = new VmSlot[info.Slots.Length];
        for (int i = 0; i < slots.Length; i++)
        {
            slots[i] = program.Slots[instruction.Slot(i)];
        }

        if (!MayAlias(info.Code) && slots.Distinct().Count() != slots.Length)
        {
            return $"'{info.Mnemonic}' needs different slots.";
        }

        return CheckShape(info, slots) ? CheckImmediates(info, instruction) : $"The shapes of '{info.Mnemonic}' do not match.";
    }

    private static bool MayAlias(VectorOpcode code) =>
        code is VectorOpcode.Relu or VectorOpcode.ReluGradient or VectorOpcode.Add or VectorOpcode.Subtract or VectorOpcode.ScaleShift
            or VectorOpcode.Clamp;

    private static bool CheckShape(VectorOpInfo info, VmSlot[] slots) => info.Code switch
    {
        VectorOpcode.MaxAbs or VectorOpcode.Sum or VectorOpcode.Fill => true,
        VectorOpcode.SoftmaxCrossEntropyGradient => Same(slots[0], slots[1]) && IsVector(slots[2], slots[0].Rows) && IsRowOfClasses(slots[0]),
        VectorOpcode.SoftmaxCrossEntropyLoss => IsVector(slots[1], slots[0].Rows) && IsRowOfClasses(slots[0]),
        VectorOpcode.ArgMaxRows => IsVector(slots[0], slots[1].Rows),
        VectorOpcode.CountEqual => slots[0].Columns == 1 && IsVector(slots[1], slots[0].Rows),
        VectorOpcode.GatherRows => slots[0].Type == slots[1].Type && slots[0].Columns == slots[1].Columns && IsVector(slots[2], slots[0].Rows),
        VectorOpcode.KeyedPermutation => slots[0].Columns == 1 && slots[1].Length == KeyBytes,
        VectorOpcode.UniformFill => true,
        VectorOpcode.Sequence => slots[0].Columns == 1,
        _ => slots.All(s => Same(s, slots[0])),
    };

    /// <summary>Labels are bytes and sums of powers must stay far below 2^63.</summary>
    private static bool IsRowOfClasses(VmSlot slot) => slot.Columns is >= 2 and <= 256;

    private static bool Same(VmSlot a, VmSlot b) => a.Rows == b.Rows && a.Columns == b.Columns;

    private static bool IsVector(VmSlot slot, int length) => slot.Columns == 1 && slot.Rows == length;

    private static string? CheckImmediates(VectorOpInfo info, in Instruction instruction)
    {
        (int first, int second) = (instruction.Immediate0, instruction.Immediate1);
        bool valid = info.Code switch
        {
            VectorOpcode.RequantiseShift or VectorOpcode.StochasticRoundShift => first is >= 1 and <= MaxByteLimit,
            VectorOpcode.SoftmaxCrossEntropyGradient => first is >= 0 and <= MaxShift && second is >= 1 and <= MaxByteLimit,
            VectorOpcode.MomentumUpdate => first is >= 0 and <= MaxShift,
            VectorOpcode.KeyedPermutation => first is >= 1 and <= byte.MaxValue,
            _ => true,
        };
        return valid ? null : $"The immediates {first}, {second} of '{info.Mnemonic}' are out of range.";
    }
}
