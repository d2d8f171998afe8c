namespace PoUW.Vm.Execution;

/// <summary>64-bit arithmetic that reports instead of throwing.</summary>
internal static class CheckedInteger
{
    private const int MaxShift = 63;

    /// <summary>Writes a result unless it trapped.</summary>
    public static VmTrap TryReplace(VmTrap trap, long result, ref long target)
    {
        if (trap == VmTrap.None)
        {
            target = result;
        }

        return trap;
    }

    public static VmTrap Add(long a, long b, out long result)
    {
        result = unchecked(a + b);
        return ((a ^ result) & (b ^ result)) < 0 ? VmTrap.IntegerOverflow : VmTrap.None;
    }

    public static VmTrap Subtract(long a, long b, out long result)
    {
        result = unchecked(a - b);
        return ((a ^ b) & (a ^ result)) < 0 ? VmTrap.IntegerOverflow : VmTrap.None;
    }

    public static VmTrap Multiply(long a, long b, out long result)
    {
        long high = Math.BigMul(a, b, out result);
        return high == result >> 63 ? VmTrap.None : VmTrap.IntegerOverflow;
    }

    public static VmTrap Divide(long a, long b, bool remainder, out long result)
    {
        result = 0;
        if (b == 0)
        {
            return VmTrap.DivisionByZero;
        }

        if (b == -1)
        {
            return remainder ? VmTrap.None : Subtract(0, a, out result);
        }

        result = remainder ? a % b : a / b;
        return VmTrap.None;
    }

    public static VmTrap ShiftLeft(long a, long b, out long result)
    {
        result = 0;
        if (b is < 0 or > MaxShift)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        result = a << (int)b;
        return result >> (int)b == a ? VmTrap.None : VmTrap.IntegerOverflow;
    }

    public static VmTrap ShiftRight(long a, long b, out long result)
    {
        result = 0;
        if (b is < 0 or > MaxShift)
        {
            return VmTrap.ArgumentOutOfRange;
        }

        result = a >> (int)b;
        return VmTrap.None;
    }
}
