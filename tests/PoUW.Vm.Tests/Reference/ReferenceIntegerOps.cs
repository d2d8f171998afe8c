using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The operations of lane I, from the table of docs/vm.md.</summary>
internal static class ReferenceIntegerOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Of(1, "requantise_shift", 2, 1, 1, c => Round(c, HalfUp)),
        Of(2, "stochastic_round_shift", 2, 1, 1, c => Round(c, Stochastic)),
        new(3, "max_abs", 1, 0, 0, c => c[0].Cells.Max(v => v < 0 ? -v : v), Pushes: true),
        new(4, "sum", 1, 0, 0, c => c[0].Cells.Aggregate(BigInteger.Zero, (sum, v) => sum + v), Pushes: true),
        Of(5, "relu", 2, 0, 0, c => Each(c[0], i => Math.Max(c[1][i], 0))),
        Of(6, "relu_gradient", 3, 0, 0, c => Each(c[0], i => c[2][i] > 0 ? c[1][i] : 0)),
        Of(7, "softmax_gradient", 3, 2, 1, ReferenceIntegerSoftmax.Gradient),
        new(8, "softmax_loss", 2, 0, 2, c => ReferenceIntegerSoftmax.Loss(c), Pushes: true),
        Of(9, "argmax_rows", 2, 0, 0, ArgMax),
        new(10, "count_equal", 2, 0, 1, CountEqual, Pushes: true),
        Of(11, "add_int32", 3, 0, 0, c => Each(c[0], i => c[1][i] + c[2][i])),
        Of(12, "subtract_int32", 3, 0, 0, c => Each(c[0], i => c[1][i] - c[2][i])),
        Of(13, "scale_shift", 2, 0, 2, ScaleShift),
        Of(14, "clamp", 2, 0, 1, Clamp),
        Of(15, "momentum_update", 3, 1, 2, Momentum),
        Of(16, "gather_rows", 3, 0, 0, Gather),
        Of(17, "keyed_permutation", 2, 1, 3, Permutation),
        Of(18, "uniform_fill", 1, 0, 3, Uniform),
        Of(19, "sequence", 1, 0, 2, Sequence),
        Of(20, "fill", 1, 0, 1, Fill),
        Of(145, "add_row_int32", 3, 0, 0, c => Each(c[0], i => c[1][i] + c[2][i % c[0].Columns])),
        Of(146, "sum_rows_int32", 2, 0, 0, c => Each(c[0], j => Enumerable.Range(0, c[1].Rows).Sum(i => c[1][i, j]))),
    ];

    /// <summary>(v + 2^(s-1)) / 2^s, rounded down.</summary>
    public static long HalfUp(long v, int s) => s == 0 ? v : (long)(((BigInteger)v + BigInteger.Pow(2, s - 1)) >> s);

    /// <summary>Psto: of the bits that fall away, the high half is the chance and the low half the die.</summary>
    public static long Stochastic(long v, int s)
    {
        long a = Math.Abs(v);
        long unit = 1L << s;
        long die = 1L << (s / 2);
        long rest = a % unit;
        long up = rest / die > rest % die * (s % 2 == 1 ? 2 : 1) ? 1 : 0;
        return Math.Sign(v) * ((a / unit) + (s == 0 ? 0 : up));
    }

    /// <summary>Computes every element first, so that a destination may be an operand; stores modulo the width of the element.</summary>
    private static void Each(ReferenceTensor destination, Func<int, long> value)
    {
        long[] values = [.. Enumerable.Range(0, destination.Count).Select(value)];
        for (int i = 0; i < values.Length; i++)
        {
            destination.Wrap(i, values[i]);
        }
    }

    private static void Round(ReferenceCall c, Func<long, int, long> rounding)
    {
        int shift = (int)c.Argument(0, 0, 31);
        Each(c[0], i => Math.Clamp(rounding(c[1][i], shift), -c.Immediates[0], c.Immediates[0]));
    }

    private static void ArgMax(ReferenceCall c) => Each(c[0], row =>
    {
        long[] values = [.. Enumerable.Range(0, c[1].Columns).Select(column => c[1][row, column])];
        return Array.IndexOf(values, values.Max());
    });

    private static BigInteger? CountEqual(ReferenceCall c)
    {
        int rows = (int)c.Argument(0, 0, c[0].Rows);
        return c[0].Cells.Zip(c[1].Cells).Take(rows).Count(pair => pair.First == pair.Second);
    }

    private static void ScaleShift(ReferenceCall c)
    {
        long multiplier = c.Argument(0, -int.MaxValue, int.MaxValue);
        int shift = (int)c.Argument(1, 0, 31);
        Each(c[0], i => (long)(((BigInteger)c[1][i] * multiplier) >> shift));
    }

    private static void Clamp(ReferenceCall c)
    {
        long limit = c.Argument(0, 0, int.MaxValue);
        Each(c[0], i => Math.Max(-limit, Math.Min(limit, c[1][i])));
    }

    private static void Momentum(ReferenceCall c)
    {
        long rate = c.Argument(0, 0, int.MaxValue);
        long limit = c.Argument(1, 0, int.MaxValue);
        int d = c.Immediates[0];
        for (int i = 0; i < c[0].Count; i++)
        {
            long v = c[1][i];
            long pull = Low32(c[2][i] * rate) >> d;
            c[1].Wrap(i, v - (v >> d) + pull);
            c[0].Wrap(i, Math.Clamp(Low32(c[0][i] - c[1][i]), -limit, limit));
        }
    }

    private static long Low32(long value) => unchecked((int)value);

    private static void Gather(ReferenceCall c)
    {
        c.DemandBelow(2, c[1].Rows);
        for (int i = 0; i < c[0].Count; i++)
        {
            c[0][i] = c[1][(int)c[2][i / c[0].Columns], i % c[0].Columns];
        }
    }

    /// <summary>compute_shuffled_index of the Ethereum consensus specification, one hash at a time.</summary>
    private static void Permutation(ReferenceCall c)
    {
        long count = c.Argument(0, 1, int.MaxValue);
        long first = c.Argument(1, 0, count - c[0].Rows);
        byte[] tweak = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(tweak, c.Argument(2));
        byte[] seed = SHA256.HashData([.. c[1].Cells.Select(v => (byte)v), .. tweak]);
        Each(c[0], i => Shuffled((ulong)(first + i), (ulong)count, seed, c.Immediates[0]));
    }

    private static long Shuffled(ulong index, ulong count, byte[] seed, int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            ulong pivot = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData([.. seed, (byte)round])) % count;
            ulong flip = (pivot + count - index) % count;
            ulong position = Math.Max(index, flip);
            byte[] bucket = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bucket, (uint)(position / 256));
            byte[] source = SHA256.HashData([.. seed, (byte)round, .. bucket]);
            bool swap = (source[position % 256 / 8] >> (int)(position % 8)) % 2 == 1;
            index = swap ? flip : index;
        }

        return (long)index;
    }

    private static void Uniform(ReferenceCall c)
    {
        long bound = c.Argument(2, 0, 1 << 30);
        Each(c[0], i => (long)(((BigInteger)ReferenceRandom.Word(c.Argument(0), c.Argument(1), i) * ((2 * bound) + 1)) >> 32) - bound);
    }

    private static void Sequence(ReferenceCall c)
    {
        (long start, long maximum) = (c.Argument(0, 0, int.MaxValue), c.Argument(1, 0, int.MaxValue));
        Each(c[0], i => Math.Min(start + i, maximum));
    }

    private static void Fill(ReferenceCall c)
    {
        int bits = 8 * c[0].Width;
        long value = c.Argument(0, -(1L << (bits - 1)), (1L << (bits - 1)) - 1);
        Each(c[0], _ => value);
    }
}
