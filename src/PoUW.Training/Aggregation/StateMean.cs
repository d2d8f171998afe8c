using PoUW.Core.Jobs;
using PoUW.Training.Execution;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Aggregation;

/// <summary>The state that the results of a round's units give, tensor by tensor, by a job's rule. Pure functions.</summary>
public static class StateMean
{
    /// <summary>
    /// The mean of at least one state, with tensors of the types that the rule knows: Int32, or Float32 and Int64. By <see cref="AggregationRule.TrimmedMean"/>
    /// states with other tensors than the job's take no part.
    /// </summary>
    /// <param name="rule">The job's rule.</param>
    /// <param name="states">The units' states, in unit order.</param>
    /// <param name="like">A state of the job; by <see cref="AggregationRule.TrimmedMean"/> it has to be given.</param>
    /// <exception cref="TrainingException">
    /// There is no state, or none of the job, or a tensor has another type, or, by <see cref="AggregationRule.IntegerMean"/>, the states differ in their tensors.
    /// </exception>
    public static ModelState Of(AggregationRule rule, IReadOnlyList<ModelState> states, ModelState? like = null)
    {
        IReadOnlyList<ModelState> alike = rule == AggregationRule.TrimmedMean ? OfTheJob(states, like) : states;
        if (alike.Count == 0)
        {
            throw new TrainingException("The mean of no states does not exist.");
        }

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

    private static IReadOnlyList<ModelState> OfTheJob(IReadOnlyList<ModelState> states, ModelState? like) => like is null
        ? throw new TrainingException("A trimmed mean needs a state of the job, to know which states are none of it.")
        : [.. states.Where(state => KindOf(state).SequenceEqual(KindOf(like)))];

    private static IEnumerable<(string Name, TensorType Type, int Rows, int Columns)> KindOf(ModelState state) =>
        state.Tensors.Select(static tensor => (tensor.Name, tensor.Tensor.Type, tensor.Tensor.Rows, tensor.Tensor.Columns));

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
