using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Modules;

namespace PoUW.Compute.Lowering;

/// <summary>
/// The exponents of parameters in lane I: a weight w stands for w * 2^exponent. They are fixed for a training. A bias has the exponent of
/// the weights that it belongs to.
/// </summary>
internal static class IntegerExponents
{
    private const int Last = -7;

    /// <summary>The exponents of all parameters of a model.</summary>
    /// <exception cref="ModelException">The spec names weights that the model does not have.</exception>
    public static IReadOnlyDictionary<Parameter, int> Of(TrainingSpec spec, BuiltModel model)
    {
        Dictionary<Parameter, int> exponents = [];
        HashSet<string> named = [.. spec.WeightExponents.Keys];
        GraphOperation last = LastOf(model.Output.Producer!);
        foreach (GraphOperation operation in model.Graph.Operations.Where(static operation => operation.Parameters.Count > 0))
        {
            string name = model.Names.Of(operation.Parameters[0]);
            named.Remove(name);
            int exponent = spec.WeightExponents.TryGetValue(name, out int chosen) ? chosen : operation == last ? Last : operation.IntegerExponent;
            foreach (Parameter parameter in operation.Parameters)
            {
                exponents[parameter] = exponent;
            }
        }

        return named.Count == 0
            ? exponents
            : throw new ModelException(
                $"There are no weights '{named.Order(StringComparer.Ordinal).First()}' in the model; a bias takes the exponent of its weights.",
                nameof(TrainingSpec.WeightExponents));
    }

    /// <summary>The last operation with weights on the way to the output; a branch that ends elsewhere has no part in it.</summary>
    private static GraphOperation LastOf(GraphOperation operation) => operation.Parameters.Count > 0
        ? operation
        : LastOf(operation.Inputs.First(static input => input.RequiresGradient).Producer!);
}
