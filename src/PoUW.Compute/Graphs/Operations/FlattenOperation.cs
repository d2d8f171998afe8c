using PoUW.Compute.Lowering;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// All dimensions behind the batch as one. An image keeps its order in memory (y, x, channel) and says so, and the Linear behind it
/// takes its weights in that order: nothing is permuted while training.
/// </summary>
internal sealed class FlattenOperation : GraphOperation
{
    public FlattenOperation(GraphValue input)
        : base("Flatten", [input])
    {
        RequireReal(input, 3, 4);
        int features = input.Shape.Skip(1).Aggregate(1, static (product, size) => checked(product * size));
        bool isImage = input.Rank == 4 && input.Shape[1] > 1 && input.Shape[2] * input.Shape[3] > 1;
        Produces([input.Batch, features], features: isImage ? new ImageFeatures(input.Shape[1], input.Shape[2], input.Shape[3]) : null);
    }

    public override void Forward(FloatLowering lowering) => lowering.Bind(Output, lowering.Reshape(lowering.Of(Input), Output.Rows, Output.Columns));

    public override void Backward(FloatLowering lowering) =>
        lowering.PassGradient(Input, lowering.Reshape(lowering.Gradient(Output), Input.Rows, Input.Columns));

    public override void Forward(IntegerLowering lowering) =>
        lowering.Bind(Output, lowering.Reshape(lowering.Of(Input), Output.Rows, Output.Columns), lowering.Exponent(Input));

    public override void Backward(IntegerLowering lowering) =>
        lowering.PassError(Input, lowering.Reshape(lowering.Gradient(Output), Input.Rows, Input.Columns));
}
