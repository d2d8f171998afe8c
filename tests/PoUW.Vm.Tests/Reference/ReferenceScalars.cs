using System.Numerics;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Execution;
using static PoUW.Vm.Tests.Reference.ReferenceCall;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The instructions that take values from the stack and give others, on numbers without a width.</summary>
internal static class ReferenceScalars
{
    private static readonly BigInteger Modulus = BigInteger.Pow(2, 64);

    /// <summary>A number that fits 64 bits, or a trap.</summary>
    public static BigInteger Fit(BigInteger value)
    {
        Demand(value >= long.MinValue && value <= long.MaxValue, VmTrap.IntegerOverflow);
        return value;
    }

    /// <summary>What the instruction pushes, the top last.</summary>
    public static BigInteger[] Compute(Opcode opcode, BigInteger[] taken)
    {
        BigInteger a = taken[0];
        BigInteger b = taken.ElementAtOrDefault(1);
        return opcode switch
        {
            Opcode.Pop => [],
            Opcode.Dup => [a, a],
            Opcode.Swap => [b, a],
            Opcode.Select => [a.IsZero ? taken[2] : b],
            Opcode.Neg => [Fit(-a)],
            Opcode.Not => [-a - 1],
            Opcode.BitWidth => [Enumerable.Range(0, 64).First(bits => a <= BigInteger.Pow(2, bits))],
            Opcode.Rand => [Random((long)a, (long)b, (long)taken[2])],
            _ => [Binary(opcode, a, b)],
        };
    }

    private static BigInteger Binary(Opcode opcode, BigInteger a, BigInteger b) => opcode switch
    {
        Opcode.Add => Fit(a + b),
        Opcode.Sub => Fit(a - b),
        Opcode.Mul => Fit(a * b),
        Opcode.Div => Fit(BigInteger.Divide(a, NotZero(b))),
        Opcode.Mod => a - (BigInteger.Divide(a, NotZero(b)) * b),
        Opcode.Shl => Fit(a * PowerOfTwo(b)),
        Opcode.Shr => Floor(a, PowerOfTwo(b)),
        Opcode.ShrUnsigned => Signed(Floor(Unsigned(a), PowerOfTwo(b))),
        Opcode.And => a & b,
        Opcode.Or => a | b,
        Opcode.Xor => a ^ b,
        Opcode.Equal => Bit(a == b),
        Opcode.NotEqual => Bit(a != b),
        Opcode.Less => Bit(a < b),
        Opcode.LessOrEqual => Bit(a <= b),
        Opcode.Min => BigInteger.Min(a, b),
        Opcode.Max => BigInteger.Max(a, b),
        _ => throw new InvalidOperationException($"{opcode} is not an instruction of this table."),
    };

    private static BigInteger NotZero(BigInteger b)
    {
        Demand(!b.IsZero, VmTrap.DivisionByZero);
        return b;
    }

    private static BigInteger PowerOfTwo(BigInteger b)
    {
        Demand(b >= 0 && b <= 63, VmTrap.ArgumentOutOfRange);
        return BigInteger.Pow(2, (int)b);
    }

    private static BigInteger Floor(BigInteger a, BigInteger divisor) =>
        BigInteger.Divide(a - (((a % divisor) + divisor) % divisor), divisor);

    private static BigInteger Unsigned(BigInteger a) => a < 0 ? a + Modulus : a;

    private static BigInteger Signed(BigInteger a) => a >= Modulus / 2 ? a - Modulus : a;

    private static BigInteger Bit(bool value) => value ? 1 : 0;

    private static BigInteger Random(long key, long stream, long index)
    {
        uint[] block = ReferenceRandom.Block(key, stream, index);
        return Signed(block[0] + ((BigInteger)block[1] << 32));
    }
}
