using PoUW.Training.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>
/// The aggregation rule <see cref="PoUW.Core.Jobs.AggregationRule.IntegerMean"/>: element-wise mean of the units' states, rounded half
/// up, floor((2 * sum + n) / (2 * n)). Sums are 64-bit, so the order of the units cannot change a bit.
/// </summary>
public static class IntegerMean
{
    /// <summary>The mean of at least one state; all must have the same tensors, of type Int32.</summary>
    /// <exception cref="TrainingException">The states differ in their tensors, or a tensor is not Int32.</exception>
    public static ModelState Of(IReadOnlyList<ModelState> states)
    {
        if (states.Count == 0)
        {
            throw new TrainingException("The mean of no states does not exist.");
        }

        if (states.Any(state => state.Tensors.Count != states[0].Tensors.Count))
        {
            throw new TrainingException("The states differ in their tensors.");
        }

        if (states.Count == 1)
        {
            return states[0];
        }

        List<(string Name, Tensor Tensor)> means = [];
        for (int index = 0; index < states[0].Tensors.Count; index++)
        {
            means.Add(MeanOf(states, index));
        }

        return new ModelState(means);
    }

    private static (string Name, Tensor Tensor) MeanOf(IReadOnlyList<ModelState> states, int index)
    {
        (string Name, Tensor Tensor) first = states[0].Tensors[index];
        Tensor mean = new(first.Tensor.Type, first.Tensor.Rows, first.Tensor.Columns);
        List<Tensor> inputs = [];
        foreach (ModelState state in states)
        {
            inputs.Add(Matching(state, index, first));
        }

        Span<int> output = mean.Int32;
        for (int element = 0; element < output.Length; element++)
        {
            long sum = 0;
            foreach (Tensor input in inputs)
            {
                sum += input.Int32[element];
            }

            output[element] = RoundedMean(sum, inputs.Count);
        }

        return (first.Name, mean);
    }

    private static Tensor Matching(ModelState state, int index, (string Name, Tensor Tensor) first)
    {
        (string Name, Tensor Tensor) other = state.Tensors[index];
        bool same = other.Name == first.Name && other.Tensor.Type == TensorType.Int32 && first.Tensor.Type == TensorType.Int32
            && other.Tensor.Rows == first.Tensor.Rows && other.Tensor.Columns == first.Tensor.Columns;
        return same ? other.Tensor : throw new TrainingException($"The states differ in tensor {first.Name}, or it is not Int32.");
    }

    private static int RoundedMean(long sum, int count)
    {
        long numerator = (2 * sum) + count;
        long denominator = 2L * count;
        long quotient = numerator / denominator;
        bool truncatedUp = numerator < 0 && quotient * denominator != numerator;
        return (int)(truncatedUp ? quotient - 1 : quotient);
    }
}
