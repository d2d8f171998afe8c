using PoUW.Vm.Tensors;

namespace PoUW.Vm.Backends;

/// <summary>Definitions of the operations that reduce.</summary>
internal static class ScalarReductions
{
    public static long MaxAbs(Tensor tensor)
    {
        long largest = 0;
        for (int i = 0; i < tensor.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(Element(tensor, i)));
        }

        return largest;
    }

    public static long Sum(Tensor tensor)
    {
        long sum = 0;
        for (int i = 0; i < tensor.Length; i++)
        {
            sum += Element(tensor, i);
        }

        return sum;
    }

    public static long CountEqual(ReadOnlySpan<int> values, ReadOnlySpan<byte> labels, int count)
    {
        long equal = 0;
        for (int i = 0; i < count; i++)
        {
            equal += values[i] == labels[i] ? 1 : 0;
        }

        return equal;
    }

    public static void ArgMaxRows(Span<int> result, Tensor source)
    {
        for (int row = 0; row < source.Rows; row++)
        {
            int best = 0;
            for (int column = 1; column < source.Columns; column++)
            {
                int start = row * source.Columns;
                best = Element(source, start + column) > Element(source, start + best) ? column : best;
            }

            result[row] = best;
        }
    }

    private static long Element(Tensor tensor, int index) =>
        tensor.Type == TensorType.Int8 ? tensor.Int8[index] : tensor.Int32[index];
}
