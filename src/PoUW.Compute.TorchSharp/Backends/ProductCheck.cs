using System.Numerics;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// Freivalds' check of a product modulo 2^32 on the processor: C v = op(A) (op(B) v) for random v, in the time that it takes to read the three. A wrong sum goes
/// unseen with probability 1/2 if it is wrong by 2^31, and 2^-32 if by an odd number. Not thread-safe.
/// </summary>
internal sealed class ProductCheck(uint seed)
{
    private ulong _checks;

    /// <summary>The first row of C that is wrong; -1 if none is seen to be.</summary>
    internal int FirstWrongRow(in MatMulShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, ReadOnlySpan<int> c)
    {
        int[] v = new int[shape.N];
        for (int i = 0; i < v.Length; i++)
        {
            v[i] = unchecked((int)Philox4x32.Block(seed, _checks, (ulong)i).X0);
        }

        _checks++;
        int[] inner = Times(b, shape.K, shape.N, shape.TransposeB, v);
        int[] expected = Times(a, shape.M, shape.K, shape.TransposeA, inner);
        for (int row = 0; row < shape.M; row++)
        {
            if (Dot(c.Slice(row * shape.N, shape.N), v) != expected[row])
            {
                return row;
            }
        }

        return -1;
    }

    /// <summary>op(X) v for op(X) of rows x columns.</summary>
    private static int[] Times(ReadOnlySpan<sbyte> stored, int rows, int columns, bool transposed, int[] v)
    {
        int[] result = new int[rows];
        if (transposed)
        {
            for (int column = 0; column < columns; column++)
            {
                AddScaled(stored.Slice(column * rows, rows), v[column], result);
            }

            return result;
        }

        int[] wide = new int[columns];
        for (int row = 0; row < rows; row++)
        {
            wide.AsSpan().Clear();
            AddScaled(stored.Slice(row * columns, columns), 1, wide);
            result[row] = Dot(wide, v);
        }

        return result;
    }

    // Modulo 2^32 is what the check is about: sums must wrap.
    private static void AddScaled(ReadOnlySpan<sbyte> values, int factor, Span<int> sums)
    {
        unchecked
        {
            int step = Vector<sbyte>.Count, part = Vector<int>.Count, i = 0;
            for (; i <= values.Length - step; i += step)
            {
                Vector.Widen(new Vector<sbyte>(values[i..]), out Vector<short> low, out Vector<short> high);
                Vector.Widen(low, out Vector<int> first, out Vector<int> second);
                Vector.Widen(high, out Vector<int> third, out Vector<int> fourth);
                Add(sums[i..], first * factor);
                Add(sums[(i + part)..], second * factor);
                Add(sums[(i + (2 * part))..], third * factor);
                Add(sums[(i + (3 * part))..], fourth * factor);
            }

            for (; i < values.Length; i++)
            {
                sums[i] += values[i] * factor;
            }
        }
    }

    private static void Add(Span<int> sums, Vector<int> values) => (new Vector<int>(sums) + values).CopyTo(sums);

    private static int Dot(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        unchecked
        {
            Vector<int> sums = Vector<int>.Zero;
            int i = 0;
            for (; i <= left.Length - Vector<int>.Count; i += Vector<int>.Count)
            {
                sums += new Vector<int>(left[i..]) * new Vector<int>(right[i..]);
            }

            int sum = Vector.Sum(sums);
            for (; i < left.Length; i++)
            {
                sum += left[i] * right[i];
            }

            return sum;
        }
    }
}
