using System.Numerics;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The softmax in base 2 of docs/vm.md, formula by formula. Shifts are divisions by powers of two, rounded down.</summary>
internal static class ReferenceIntegerSoftmax
{
    public static void Gradient(ReferenceCall c)
    {
        BigInteger exponent = c.Argument(0);
        c.DemandBelow(2, c[0].Columns);
        for (int row = 0; row < c[0].Rows; row++)
        {
            BigInteger[] p = [.. LogPowers(c[1], row, exponent).Select(Power)];
            BigInteger sum = p.Aggregate(BigInteger.Add);
            for (int j = 0; j < p.Length; j++)
            {
                BigInteger g = (p[j] * 2048 / sum) - (j == c[2][row] ? 2048 : 0);
                long e = ReferenceIntegerOps.Stochastic((long)g, c.Immediates[0]);
                c[0][row, j] = Math.Clamp(e, -c.Immediates[1], c.Immediates[1]);
            }
        }
    }

    public static BigInteger Loss(ReferenceCall c)
    {
        BigInteger exponent = c.Argument(0);
        int rows = (int)c.Argument(1, 0, c[0].Rows);
        c.DemandBelow(1, c[0].Columns);
        BigInteger total = 0;
        for (int row = 0; row < rows; row++)
        {
            BigInteger[] t = LogPowers(c[0], row, exponent);
            BigInteger sum = t.Select(Power).Aggregate(BigInteger.Add);
            int n = (int)sum.GetBitLength() - 1;
            BigInteger x = (sum >> (n - 15)) - 32768;
            BigInteger bend = (11261 * ((x * (32768 - x)) >> 15)) >> 15;
            total += ((n - 15) * 32768) + x + bend - t[(int)c[1][row]];
        }

        return total;
    }

    private static BigInteger[] LogPowers(ReferenceTensor logits, int row, BigInteger exponent)
    {
        int s = (int)BigInteger.Max(-31, BigInteger.Min(15, exponent));
        long[] values = [.. Enumerable.Range(0, logits.Columns).Select(column => logits[row, column])];
        return [.. values.Select(v => (BigInteger)(v - values.Max()) * 47274).Select(u => s >= 0 ? u * BigInteger.Pow(2, s) : u >> -s)];
    }

    private static BigInteger Power(BigInteger t)
    {
        BigInteger i = -(t >> 15);
        BigInteger f = t - ((t >> 15) * 32768);
        BigInteger q = 32768 + ((f * (21507 + ((11261 * f) >> 15))) >> 15);
        return i >= 31 ? 0 : q >> (int)i;
    }
}
