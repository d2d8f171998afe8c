using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Core.Jobs;
using PoUW.Core.Work;
using PoUW.Vm.Verification;

namespace PoUW.Compute.Compilation;

/// <summary>A model that was compiled for one data set size. Immutable.</summary>
public sealed class CompiledModel
{
    internal CompiledModel(TrainingSpec spec, BuiltModel model, LaneCompiler lane, Plan plan, VerifiedProgram program, int datasetSize)
    {
        (Spec, Model, Plan, Program, DatasetSize) = (spec, model, plan, program, datasetSize);
        (OptimiserSlots, Exponents) = (lane.OptimiserSlots, lane.Exponents);
        Parameters = [.. model.Names.Parameters.Select(p => new ParameterInfo(
            model.Names.Of(p), p.Shape, [.. spec.Model.NamedParameters().Where(n => n.Parameter == p).Skip(1).Select(static n => n.Path)]))];
    }

    /// <summary>What was compiled.</summary>
    public TrainingSpec Spec { get; }

    /// <summary>The program for the machine.</summary>
    public VerifiedProgram Program { get; }

    /// <summary>Rows of the data set.</summary>
    public int DatasetSize { get; }

    /// <summary>PyTorch's shape of the output for a batch.</summary>
    public IReadOnlyList<int> OutputShape => Model.Output.Shape;

    /// <summary>The trained tensors, in the order of PyTorch's parameters().</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>Lane I: the exponents of the weights by name; a master weight m stands for m * 2^(exponent - 16). Empty in lane R.</summary>
    public IReadOnlyDictionary<string, int> Exponents { get; }

    /// <summary>
    /// The products of one training step that draw tickets, in the order in which the program does them: the operations of a work plan
    /// (<see cref="WorkPlan"/>). Empty in lane R and for a program without the train entry.
    /// </summary>
    public IReadOnlyList<TileWorkShape> TicketedProducts
    {
        get
        {
            PlanSection? train = Plan.Sections.FirstOrDefault(static section => section.Entry == ModelProgram.TrainEntry);
            IEnumerable<ProductInstruction> products = train?.Body.OfType<ProductInstruction>() ?? [];
            return [.. products.Where(static product => product.TileWork).Select(ShapeOf).Where(static shape => WorkPlan.Admits(shape))];
        }
    }

    internal IReadOnlyList<OptimiserSlot> OptimiserSlots { get; }

    internal BuiltModel Model { get; }

    internal Plan Plan { get; }

    private TileWorkShape ShapeOf(ProductInstruction product)
    {
        (PlanBuffer a, PlanBuffer c) = (Plan.Buffers[product.A.Index], Plan.Buffers[product.C.Index]);
        int inner = product.TransposeA ? a.Shape.Rows : a.Shape.Columns;
        return new TileWorkShape(c.Shape.Rows, c.Shape.Columns, inner, product.TransposeA, product.TransposeB);
    }
}
