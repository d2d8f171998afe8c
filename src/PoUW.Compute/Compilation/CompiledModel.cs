using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Compilation;

/// <summary>A model that was compiled for one data set size. Immutable.</summary>
public sealed class CompiledModel
{
    internal CompiledModel(TrainingSpec spec, BuiltModel model, Plan plan, VerifiedProgram program, int datasetSize) =>
        (Spec, Model, Plan, Program, DatasetSize) = (spec, model, plan, program, datasetSize);

    /// <summary>What was compiled.</summary>
    public TrainingSpec Spec { get; }

    /// <summary>The program for the machine.</summary>
    public VerifiedProgram Program { get; }

    /// <summary>Rows of the data set.</summary>
    public int DatasetSize { get; }

    /// <summary>PyTorch's shape of the output for a batch.</summary>
    public IReadOnlyList<int> OutputShape => Model.Output.Shape;

    internal BuiltModel Model { get; }

    internal Plan Plan { get; }
}
