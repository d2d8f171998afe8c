using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Integer;

/// <summary>Definitions of the operations that reduce.</summary>
internal static class IntegerReductions
{
    public static long MaxAbs(in TensorCall call)
    {
        Tensor tensor = call[0];
        long largest = 0;
        for (int i = 0; i < tensor.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(Element(tensor, i)));
        }

        return largest;
    }

    public static long Sum(in TensorCall call)
    {
        Tensor tensor = call[0];
        long sum = 0;
        for (int i = 0; i < tensor.Length; i++)
        {
            sum += Element(tensor, i);
        }

        return sum;
    }

    /// <summary>Modulo 2^32.</summary>
    public static long SumRows(in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        Tensor source = call[1];
        for (int column = 0; column < source.Columns; column++)
        {
            int sum = 0;
            for (int row = 0; row < source.Rows; row++)
            {
                sum = unchecked(sum + (int)Element(source, (row * source.Columns) + column));
            }

            result[column] = sum;
        }

        return 0;
    }

    /// <summary>Argument: rows.</summary>
    public static long CountEqual(in TensorCall call)
    {
        ReadOnlySpan<int> values = call[0].Int32;
        Tensor labels = call[1];
        long equal = 0;
        for (int i = 0; i < call.Arguments[0]; i++)
        {
            int label = labels.Type == TensorType.UInt8 ? labels.UInt8[i] : labels.Int32[i];
            equal += values[i] == label ? 1 : 0;
        }

        return equal;
    }

    public static long ArgMaxRows(in TensorCall call)
    {
        Span<int> result = call[0].Int32;
        Tensor source = call[1];
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

        return 0;
    }

    private static long Element(Tensor tensor, int index) =>
        tensor.Type == TensorType.Int8 ? tensor.Int8[index] : tensor.Int32[index];
}
