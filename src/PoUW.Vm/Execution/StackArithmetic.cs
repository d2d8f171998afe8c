using PoUW.Vm.Arithmetic;
using PoUW.Vm.Bytecode;

namespace PoUW.Vm.Execution;

/// <summary>The stack instructions that the interpreter's loop does not hold itself.</summary>
internal static class StackArithmetic
{
    private const int MaxShift = 63;

    /// <summary>Executes an instruction on the stack of a run; on a trap the stack stays.</summary>
    public static VmTrap Execute(Opcode op, RunState run)
    {
        ref long top = ref run.Stack[run.StackTop - 1];
        switch (op)
        {
            case Opcode.Neg:
                return CheckedInteger.TryReplace(CheckedInteger.Subtract(0, top, out long negated), negated, ref top);
            case Opcode.Not:
                top = ~top;
                return VmTrap.None;
            case Opcode.BitWidth:
                top = IntegerRounding.BitWidth(top);
                return VmTrap.None;
            case Opcode.Rand:
                run.StackTop -= 2;
                run.Stack[run.StackTop - 1] =
                    Philox4x32.Next64(run.Stack[run.StackTop - 1], run.Stack[run.StackTop], run.Stack[run.StackTop + 1]);
                return VmTrap.None;
            case Opcode.Select:
                run.StackTop -= 2;
                run.Stack[run.StackTop - 1] = run.Stack[run.StackTop - 1] != 0 ? run.Stack[run.StackTop] : run.Stack[run.StackTop + 1];
                return VmTrap.None;
        }

        ref long a = ref run.Stack[run.StackTop - 2];
        VmTrap trap = CheckedInteger.TryReplace(Binary(op, a, top, out long result), result, ref a);
        run.StackTop -= trap == VmTrap.None ? 1 : 0;
        return trap;
    }

    private static VmTrap Binary(Opcode op, long a, long b, out long result)
    {
        switch (op)
        {
            case Opcode.Div or Opcode.Mod:
                return CheckedInteger.Divide(a, b, op == Opcode.Mod, out result);
            case Opcode.Shl:
                return CheckedInteger.ShiftLeft(a, b, out result);
            case Opcode.Shr:
                return CheckedInteger.ShiftRight(a, b, out result);
            case Opcode.ShrUnsigned:
                result = b is < 0 or > MaxShift ? 0 : a >>> (int)b;
                return b is < 0 or > MaxShift ? VmTrap.ArgumentOutOfRange : VmTrap.None;
            default:
                result = op == Opcode.Min ? Math.Min(a, b) : Math.Max(a, b);
                return VmTrap.None;
        }
    }
}
