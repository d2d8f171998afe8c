using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>Two-dimensional convolution of images, with a bias for each output channel.</summary>
internal sealed class Conv2dOperation : GraphOperation
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly ConvolutionGeometry _geometry;

    public Conv2dOperation(GraphValue input, Parameter weight, Parameter? bias, Extent2d stride, Extent2d padding, int groups)
        : base("Conv2d", [input], bias is null ? [weight] : [weight, bias])
    {
        RequireReal(input, 4);
        (_weight, _bias) = (weight, bias);
        (int outputs, int channels) = (weight.Shape[0], weight.Shape[1]);
        (int height, int width) = (weight.Shape[2], weight.Shape[3]);
        _geometry = new ConvolutionGeometry(WindowsOf(input, (height, width), stride, padding), groups);
        if (_geometry.Problem() is { } problem)
        {
            throw Fail($"the input {input} does not fit: {problem}.");
        }

        if ((long)channels * groups != input.Shape[1] || outputs % groups != 0)
        {
            throw Fail($"the input {input} has {input.Shape[1]} channels; the weights take {(long)channels * groups} in {groups} group(s).");
        }

        input.Graph.Use(weight, new ConvolutionLayout(outputs, channels, height, width));
        if (bias is not null)
        {
            input.Graph.Use(bias, new SameLayout(1, outputs));
        }

        Produces([input.Batch, outputs, _geometry.Windows.OutputHeight, _geometry.Windows.OutputWidth]);
    }

    public override void Forward(FloatLowering lowering)
    {
        BufferId y = lowering.Declare(Output);
        BufferId product = _bias is null ? y : lowering.Plan.Like(y);
        lowering.Plan.Tensor(ConvolutionOps.Conv2D, [product, lowering.Of(Input), lowering.Parameter(_weight)], _geometry.ToImmediates());
        if (_bias is not null)
        {
            // In place: the product ends here, so the sum takes its memory.
            lowering.Plan.Tensor(FloatElementwiseOps.Add, [y, product, lowering.Parameter(_bias)]);
        }
    }

    public override void Backward(FloatLowering lowering)
    {
        BufferId dy = lowering.Gradient(Output);
        int[] geometry = _geometry.ToImmediates();
        lowering.AddGradient(
            Input, dx => lowering.Plan.Tensor(ConvolutionOps.Conv2DInputGradient, [dx, dy, lowering.Parameter(_weight)], geometry));
        lowering.AddGradient(_weight, dw => lowering.Plan.Tensor(ConvolutionOps.Conv2DWeightGradient, [dw, dy, lowering.Of(Input)], geometry));
        if (_bias is not null)
        {
            lowering.AddGradient(_bias, db => lowering.Plan.Tensor(FloatReductionOps.SumRows, [db, dy]));
        }
    }
}
