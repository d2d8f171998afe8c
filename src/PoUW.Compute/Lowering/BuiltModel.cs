using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;

namespace PoUW.Compute.Lowering;

/// <summary>A model applied to an input of one batch size.</summary>
internal sealed class BuiltModel
{
    private BuiltModel(ModelGraph graph, GraphValue input, GraphValue output, ModelNames names) =>
        (Graph, Input, Output, Names) = (graph, input, output, names);

    public ModelGraph Graph { get; }

    public GraphValue Input { get; }

    public GraphValue Output { get; }

    public ModelNames Names { get; }

    /// <summary>Applies the model of a spec.</summary>
    /// <exception cref="ModelException">A shape does not fit, or nothing is trained.</exception>
    public static BuiltModel Build(TrainingSpec spec)
    {
        ModelGraph graph = new(spec.Model);
        GraphValue input = new(graph, [spec.BatchSize, .. spec.Input.SampleShape], spec.Input.Kind, null);
        GraphValue output = spec.Model.Apply(input);
        if (!output.RequiresGradient)
        {
            throw new ModelException("The output depends on no parameter, so there is nothing to train.");
        }

        output.AddUser(null);
        return new BuiltModel(graph, input, output, new ModelNames(spec.Model, graph));
    }
}
