using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>
/// The aggregation rule <see cref="PoUW.Core.Jobs.AggregationRule.TrimmedMean"/> (coordinate-wise trimmed mean, Yin et al. 2018, arXiv 1803.01498): not every unit is
/// audited, so a liar's numbers may be anything, and fewer liars than are left out at one end cannot move a number beyond those of the honest units. Additions
/// are in ascending order of the numbers, in binary64, which IEEE 754 defines to the bit, so every node has the same mean.
/// </summary>
internal static class TrimmedMean
{
    private const int OneIn = 4;
    private const int LeastTrimmed = 3;

    /// <summary>The mean of tensors of one shape, Float32.</summary>
    public static Tensor Of(IReadOnlyList<Tensor> inputs)
    {
        Tensor mean = new(TensorType.Float32, inputs[0].Rows, inputs[0].Columns);
        Span<float> output = mean.Float32;
        float[] values = new float[inputs.Count];
        for (int element = 0; element < output.Length; element++)
        {
            int finite = 0;
            foreach (Tensor input in inputs)
            {
                float value = input.Float32[element];
                if (float.IsFinite(value))
                {
                    values[finite++] = value;
                }
            }

            output[element] = MeanOf(values.AsSpan(0, finite));
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

    private static float MeanOf(Span<float> values)
    {
        if (values.IsEmpty)
        {
            return 0;
        }

        values.Sort();
        int trimmed = values.Length == LeastTrimmed ? 1 : values.Length / OneIn;
        Span<float> kept = values[trimmed..^trimmed];

        // Begun with 0, the sum of negative zeros is 0, in whatever order sorting leaves them.
        double sum = 0;
        foreach (float value in kept)
        {
            sum += value;
        }

        return (float)(sum / kept.Length);
    }
}
