using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Backends;

/// <summary>Definitions of the softmax operations, row by row.</summary>
internal static class ScalarSoftmax
{
    private const int GradientBits = 11;

    /// <summary>e = clip(Psto((p &lt;&lt; 11) / sum - (2048 at the label), shift), +-limit).</summary>
    public static void Gradient(in VectorOperation operation, in VectorOperands operands)
    {
        int columns = operands.First.Columns;
        int shift = operation.Immediate0;
        int limit = operation.Immediate1;
        for (int row = 0; row < operands.First.Rows; row++)
        {
            ReadOnlySpan<sbyte> logits = operands.Second.Int8.Slice(row * columns, columns);
            Span<sbyte> errors = operands.First.Int8.Slice(row * columns, columns);
            int label = operands.Third.UInt8[row];
            int maximum = Maximum(logits);
            long sum = Sum(logits, maximum, operation.Argument0);
            for (int j = 0; j < columns; j++)
            {
                long power = SoftmaxBase2.Power(SoftmaxBase2.Log2Power(logits[j], maximum, operation.Argument0));
                int g = (int)((power << GradientBits) / sum) - (j == label ? 1 << GradientBits : 0);
                errors[j] = (sbyte)Math.Clamp(IntegerRounding.Psto(g, shift), -limit, limit);
            }
        }
    }

    /// <summary>Sum of the losses of the first rows; arguments: exponent, rows.</summary>
    public static long Loss(in VectorOperation operation, in VectorOperands operands)
    {
        int columns = operands.First.Columns;
        long total = 0;
        for (int row = 0; row < operation.Argument1; row++)
        {
            ReadOnlySpan<sbyte> logits = operands.First.Int8.Slice(row * columns, columns);
            int maximum = Maximum(logits);
            long labelT = SoftmaxBase2.Log2Power(logits[operands.Second.UInt8[row]], maximum, operation.Argument0);
            total += SoftmaxBase2.Loss(Sum(logits, maximum, operation.Argument0), labelT);
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
