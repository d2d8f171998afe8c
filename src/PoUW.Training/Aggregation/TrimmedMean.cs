using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>
/// The aggregation rule <see cref="PoUW.Core.Jobs.AggregationRule.TrimmedMean"/>. Additions are in the order of the units, in binary64, which IEEE 754 defines
/// to the bit, so every node has the same mean.
/// </summary>
/// <remarks>
/// Not every unit is audited, so a liar's numbers may be anything: one that is not finite takes no part, and where none is left the mean is 0. Counters
/// (Int64) of honest units are equal; of others the lower median is taken.
/// </remarks>
internal static class TrimmedMean
{
    /// <summary>The mean of tensors of one shape, Float32.</summary>
    public static Tensor Of(IReadOnlyList<Tensor> inputs)
    {
        Tensor mean = new(TensorType.Float32, inputs[0].Rows, inputs[0].Columns);
        Span<float> output = mean.Float32;
        for (int element = 0; element < output.Length; element++)
        {
            (double sum, int count) = (0, 0);
            foreach (Tensor input in inputs)
            {
                float value = input.Float32[element];
                if (float.IsFinite(value))
                {
                    (sum, count) = (sum + value, count + 1);
                }
            }

            output[element] = count == 0 ? 0 : (float)(sum / count);
        }

        return mean;
    }

    /// <summary>The lower median of tensors of one shape, Int64.</summary>
    public static Tensor MedianOf(IReadOnlyList<Tensor> inputs)
    {
        Tensor median = new(TensorType.Int64, inputs[0].Rows, inputs[0].Columns);
        Span<long> output = median.Int64;
        long[] values = new long[inputs.Count];
        for (int element = 0; element < output.Length; element++)
        {
            for (int unit = 0; unit < values.Length; unit++)
            {
                values[unit] = inputs[unit].Int64[element];
            }

            Array.Sort(values);
            output[element] = values[(values.Length - 1) / 2];
        }

        return median;
    }
}
