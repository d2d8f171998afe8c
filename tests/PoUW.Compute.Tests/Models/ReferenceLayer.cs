using PoUW.Vm.Arithmetic;

namespace PoUW.Compute.Tests.Models;

/// <summary>A layer of lane I on arrays (image, channel, y, x), written from the formulas of docs/vm.md with plain loops.</summary>
internal abstract class ReferenceLayer
{
    private const int Limit = 63;
    private const int Bits = 6;

    /// <summary>The output of an input, both with their exponents; remembers what the way back needs.</summary>
    public abstract (int[,,,] Value, int Exponent) Forward(int[,,,] x, int exponent);

    /// <summary>The error of the input from that of the output.</summary>
    public abstract int[,,,] Backward(int[,,,] error);

    /// <summary>Changes weights by what the way back found.</summary>
    public virtual void Update(int rateShift)
    {
    }

    /// <summary>Six bits of sums, and by how much they were shifted.</summary>
    protected static (int[,,,] Value, int Shift) Requantise(long[,,,] sums)
    {
        int shift = ShiftOf(sums.Cast<long>(), Bits);
        int[,,,] value = new int[sums.GetLength(0), sums.GetLength(1), sums.GetLength(2), sums.GetLength(3)];
        foreach ((int n, int c, int y, int x) in Positions(value))
        {
            value[n, c, y, x] = (int)Math.Clamp(IntegerRounding.RoundShift((int)sums[n, c, y, x], shift), -Limit, Limit);
        }

        return (value, shift);
    }

    protected static int ShiftOf(IEnumerable<long> sums, int bits) => Math.Max(IntegerRounding.BitWidth(sums.Max(Math.Abs)) - bits, 0);

    protected static IEnumerable<(int N, int C, int Y, int X)> Positions(Array array) =>
        from n in Enumerable.Range(0, array.GetLength(0))
        from c in Enumerable.Range(0, array.GetLength(1))
        from y in Enumerable.Range(0, array.GetLength(2))
        from x in Enumerable.Range(0, array.GetLength(3))
        select (n, c, y, x);

    protected static long[,,,] Like(Array array) => new long[array.GetLength(0), array.GetLength(1), array.GetLength(2), array.GetLength(3)];
}
