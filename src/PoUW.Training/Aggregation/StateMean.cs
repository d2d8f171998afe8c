using PoUW.Core.Jobs;
using PoUW.Training.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>The state that the results of a round's units give, tensor by tensor, by a job's rule. Pure functions.</summary>
public static class StateMean
{
    /// <summary>
    /// The mean of at least one state, with tensors of the types that the rule knows: Int32, or Float32 and Int64. By <see cref="AggregationRule.TrimmedMean"/>
    /// states with other tensors than most have take no part; if as many have one kind as another, that of the first counts.
    /// </summary>
    /// <exception cref="TrainingException">
    /// There is no state, or a tensor has another type, or, by <see cref="AggregationRule.IntegerMean"/>, the states differ in their tensors.
    /// </exception>
    public static ModelState Of(AggregationRule rule, IReadOnlyList<ModelState> states)
    {
        if (states.Count == 0)
        {
            throw new TrainingException("The mean of no states does not exist.");
        }

        IReadOnlyList<ModelState> alike = rule == AggregationRule.TrimmedMean ? MostAlike(states) : states;
        if (alike.Any(state => state.Tensors.Count != alike[0].Tensors.Count))
        {
            throw new TrainingException("The states differ in their tensors.");
        }

        List<(string Name, Tensor Tensor)> means = [];
        for (int index = 0; index < alike[0].Tensors.Count; index++)
        {
            means.Add(MeanOf(rule, alike, index));
        }

        return new ModelState(means);
    }

    // Groups keep the order in which their first states come, and so does sorting by size.
    private static IReadOnlyList<ModelState> MostAlike(IReadOnlyList<ModelState> states) =>
        [.. states.GroupBy(KindOf, StringComparer.Ordinal).OrderByDescending(static kind => kind.Count()).First()];

    private static string KindOf(ModelState state) => string.Join(
        ';', state.Tensors.Select(static tensor => $"{tensor.Name}:{tensor.Tensor.Type}:{tensor.Tensor.Rows}:{tensor.Tensor.Columns}"));

    private static (string Name, Tensor Tensor) MeanOf(AggregationRule rule, IReadOnlyList<ModelState> states, int index)
    {
        (string name, Tensor first) = states[0].Tensors[index];
        List<Tensor> inputs = [];
        foreach (ModelState state in states)
        {
            (string otherName, Tensor other) = state.Tensors[index];
            bool same = otherName == name && other.Type == first.Type && other.Rows == first.Rows && other.Columns == first.Columns;
            inputs.Add(same ? other : throw new TrainingException($"The states differ in tensor {name}."));
        }

        return (name, (rule, first.Type) switch
        {
            (AggregationRule.IntegerMean, TensorType.Int32) => IntegerMean.Of(inputs),
            (AggregationRule.TrimmedMean, TensorType.Float32) => TrimmedMean.Of(inputs),
            (AggregationRule.TrimmedMean, TensorType.Int64) => TrimmedMean.MedianOf(inputs),
            _ => throw new TrainingException($"Tensor {name} is {first.Type}, which the rule {rule} does not know."),
        });
    }
}
