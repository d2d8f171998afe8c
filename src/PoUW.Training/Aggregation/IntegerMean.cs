using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>
/// The aggregation rule <see cref="PoUW.Core.Jobs.AggregationRule.IntegerMean"/>: element-wise mean of Int32 tensors, rounded half up,
/// floor((2 * sum + n) / (2 * n)). Sums are 64-bit, so the order of the units cannot change a bit.
/// </summary>
internal static class IntegerMean
{
    /// <summary>The mean of tensors of one shape.</summary>
    public static Tensor Of(IReadOnlyList<Tensor> inputs)
    {
        Tensor mean = new(TensorType.Int32, inputs[0].Rows, inputs[0].Columns);
        Span<int> output = mean.Int32;
        for (int element = 0; element < output.Length; element++)
        {
            long sum = 0;
            foreach (Tensor input in inputs)
            {
                sum += input.Int32[element];
            }

            output[element] = Rounded(sum, inputs.Count);
        }

        return mean;
    }

    private static int Rounded(long sum, int count)
    {
        long numerator = (2 * sum) + count;
        long denominator = 2L * count;
        long quotient = numerator / denominator;
        bool truncatedUp = numerator < 0 && quotient * denominator != numerator;
        return (int)(truncatedUp ? quotient - 1 : quotient);
    }
}
