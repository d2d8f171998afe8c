using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;

namespace PoUW.Compute.Compilation;

/// <summary>Where the input of a model comes from: a column of the data set and how it becomes numbers. Immutable.</summary>
/// <param name="Column">Name of the column, and of the program's input slot.</param>
public abstract record ModelInput(string Column)
{
    /// <summary>Shape of one sample, as PyTorch's model sees it.</summary>
    internal abstract IReadOnlyList<int> SampleShape { get; }

    /// <summary>What the elements are.</summary>
    internal abstract ElementKind Kind { get; }

    /// <summary>Declares the input slot.</summary>
    internal abstract BufferId Declare(PlanWriter plan, int datasetSize, Lane lane);

    /// <summary>Lane R: brings rows into the buffer of the model's input.</summary>
    internal abstract BatchTensors Load(FloatLowering lowering, GraphValue input, BufferId slot, BufferId rows);

    /// <summary>Lane I: as above.</summary>
    /// <exception cref="ModelException">There is no integer form.</exception>
    internal virtual BatchTensors Load(IntegerLowering lowering, GraphValue input, BufferId slot, BufferId rows) =>
        throw new ModelException($"{GetType().Name} has no integer form (lane I); train this model in lane R.", "input");
}
