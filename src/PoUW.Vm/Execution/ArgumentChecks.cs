using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Execution;

/// <summary>Checks the stack arguments and the tensor contents that a vector operation relies on.</summary>
internal static class ArgumentChecks
{
    private const int MaxShift = 31;
    private const int MaxBound = 1 << 30;

    public static VmTrap Check(in VectorOperation operation, in VectorOperands operands)
    {
        if (!ArgumentsFit(operation, operands))
        {
            return VmTrap.ArgumentOutOfRange;
        }

        bool contentFits = operation.Code switch
        {
            VectorOpcode.GatherRows => OperandRange.AreIndices(operands.Third.Int32, operands.Second.Rows),
            VectorOpcode.SoftmaxCrossEntropyGradient => OperandRange.AreLabels(operands.Third.UInt8, operands.First.Columns),
            VectorOpcode.SoftmaxCrossEntropyLoss => OperandRange.AreLabels(operands.Second.UInt8, operands.First.Columns),
            _ => true,
        };
        return contentFits ? VmTrap.None : VmTrap.ElementOutOfRange;
    }

    private static bool ArgumentsFit(in VectorOperation operation, in VectorOperands operands)
    {
        (long a, long b, long c) = (operation.Argument0, operation.Argument1, operation.Argument2);
        return operation.Code switch
        {
            VectorOpcode.RequantiseShift or VectorOpcode.StochasticRoundShift => a is >= 0 and <= MaxShift,
            VectorOpcode.SoftmaxCrossEntropyLoss => b >= 0 && b <= operands.First.Rows,
            VectorOpcode.CountEqual => a >= 0 && a <= operands.First.Rows,
            VectorOpcode.ScaleShift => a is > int.MinValue and <= int.MaxValue && b is >= 0 and <= MaxShift,
            VectorOpcode.Clamp => a is >= 0 and <= int.MaxValue,
            VectorOpcode.MomentumUpdate => a is >= 0 and <= int.MaxValue && b is >= 0 and <= int.MaxValue,
            VectorOpcode.KeyedPermutation => a is >= 1 and <= int.MaxValue && b >= 0 && b <= a - operands.First.Rows,
            VectorOpcode.UniformFill => c is >= 0 and <= MaxBound,
            VectorOpcode.Sequence => a is >= 0 and <= int.MaxValue && b is >= 0 and <= int.MaxValue,
            VectorOpcode.Fill => operands.First.Type == TensorType.Int8
                ? a is >= sbyte.MinValue and <= sbyte.MaxValue
                : a is >= int.MinValue and <= int.MaxValue,
            _ => true,
        };
    }
}
