using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Operations.Integer;

/// <summary>Definitions of the softmax operations, row by row.</summary>
internal static class IntegerSoftmax
{
    private const int GradientBits = 11;

    /// <summary>e = clip(Psto((p &lt;&lt; 11) / sum - (2048 at the label), shift), +-limit).</summary>
    public static long Gradient(in TensorCall call)
    {
        int columns = call[0].Columns;
        int shift = call.Immediates[0];
        int limit = call.Immediates[1];
        for (int row = 0; row < call[0].Rows; row++)
        {
            ReadOnlySpan<sbyte> logits = call[1].Int8.Slice(row * columns, columns);
            Span<sbyte> errors = call[0].Int8.Slice(row * columns, columns);
            int label = call[2].UInt8[row];
            int maximum = Maximum(logits);
            long sum = Sum(logits, maximum, call.Arguments[0]);
            for (int j = 0; j < columns; j++)
            {
                long power = SoftmaxBase2.Power(SoftmaxBase2.Log2Power(logits[j], maximum, call.Arguments[0]));
                int g = (int)((power << GradientBits) / sum) - (j == label ? 1 << GradientBits : 0);
                errors[j] = (sbyte)Math.Clamp(IntegerRounding.Psto(g, shift), -limit, limit);
            }
        }

        return 0;
    }

    /// <summary>Sum of the losses of the first rows; arguments: exponent, rows.</summary>
    public static long Loss(in TensorCall call)
    {
        int columns = call[0].Columns;
        long total = 0;
        for (int row = 0; row < call.Arguments[1]; row++)
        {
            ReadOnlySpan<sbyte> logits = call[0].Int8.Slice(row * columns, columns);
            int maximum = Maximum(logits);
            long labelT = SoftmaxBase2.Log2Power(logits[call[1].UInt8[row]], maximum, call.Arguments[0]);
            total += SoftmaxBase2.Loss(Sum(logits, maximum, call.Arguments[0]), labelT);
        }

        return total;
    }

    private static int Maximum(ReadOnlySpan<sbyte> row)
    {
        int maximum = row[0];
        foreach (sbyte value in row)
        {
            maximum = Math.Max(maximum, value);
        }

        return maximum;
    }

    private static long Sum(ReadOnlySpan<sbyte> row, int maximum, long exponent)
    {
        long sum = 0;
        foreach (sbyte value in row)
        {
            sum += SoftmaxBase2.Power(SoftmaxBase2.Log2Power(value, maximum, exponent));
        }

        return sum;
    }
}
