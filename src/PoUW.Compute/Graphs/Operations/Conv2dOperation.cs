using System.Numerics;
using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// Two-dimensional convolution of images, with a bias for each output channel. Lane I writes out the windows as rows of a matrix, so that
/// the convolution and its gradients are MATMULs from which tickets may be drawn; with groups it uses the machine's convolutions.
/// </summary>
internal sealed class Conv2dOperation : GraphOperation
{
    private const string Weight8 = "weight8";
    private const string Windows8 = "windows8";

    // The machine's int8 convolutions allow operands of -128.
    private const long MaxGroupProducts = (1 << 17) - 1;

    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly ConvolutionGeometry _geometry;

    public Conv2dOperation(GraphValue input, Parameter weight, Parameter? bias, Extent2d stride, Extent2d padding, int groups)
        : base("Conv2d", [input], bias is null ? [weight] : [weight, bias])
    {
        RequireReal(input, 4);
        (_weight, _bias) = (weight, bias);
        RequireRank(weight, 4);
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

    /// <summary>
    /// The bias that a max pooling behind this operation adds, on fewer elements, and whose gradient it computes; else null. Then what
    /// is bound to the output lacks it, which nobody else sees.
    /// </summary>
    public Parameter? PooledBias => Output.SoleUser switch
    {
        MaxPool2dOperation => _bias,
        ReluOperation { Output.SoleUser: MaxPool2dOperation } => _bias,
        _ => null,
    };

    // The range of +-63 is then that of PyTorch's start, 1/sqrt(products of an output), or up to twice as wide.
    public override int IntegerExponent => -6 - (BitOperations.Log2((ulong)_geometry.ChainLength(Input.Columns)) / 2);

    public override void Forward(FloatLowering lowering)
    {
        BufferId y = lowering.Declare(Output);
        bool addsBias = _bias is not null && PooledBias is null;
        BufferId product = addsBias ? lowering.Plan.Like(y) : y;
        lowering.Plan.Tensor(ConvolutionOps.Conv2D, [product, lowering.Of(Input), lowering.Parameter(_weight)], _geometry.ToImmediates());
        if (_bias is not null && addsBias)
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
        if (_bias is not null && PooledBias is null)
        {
            lowering.AddGradient(_bias, db => lowering.Plan.Tensor(FloatReductionOps.SumRows, [db, dy]));
        }
    }

    public override void Forward(IntegerLowering lowering)
    {
        RequireSums(lowering);
        BufferId weight = lowering.Operand(_weight);
        lowering.Keep(this, Weight8, weight);
        BufferId sum = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        if (_geometry.Groups > 1)
        {
            lowering.Plan.Tensor(ConvolutionOps.Conv2DInt8, [sum, lowering.Of(Input), weight], _geometry.ToImmediates());
        }
        else
        {
            BufferId windows = WindowsOf(lowering);
            lowering.Keep(this, Windows8, windows);
            lowering.Plan.Product(sum, windows, weight, tileWork: true);
        }

        lowering.Requantise(this, _weight, sum, _bias);
    }

    public override void Backward(IntegerLowering lowering)
    {
        BufferId error = lowering.Gradient(Output);
        if (_geometry.Groups > 1)
        {
            GroupsBackward(lowering, error);
        }
        else
        {
            lowering.AddGradient(
                _weight, sum => lowering.Plan.Product(sum, lowering.Kept(this, Windows8), error, transposeA: true, tileWork: true));
            lowering.AddGradient(Input, sum => InputSums(lowering, sum, error));
        }

        if (_bias is not null)
        {
            lowering.AddGradient(_bias, sum => lowering.Plan.Tensor(IntegerOps.SumRows, [sum, error]));
        }
    }

    private void GroupsBackward(IntegerLowering lowering, BufferId error)
    {
        int[] geometry = _geometry.ToImmediates();
        lowering.AddGradient(
            _weight, sum => lowering.Plan.Tensor(ConvolutionOps.Conv2DWeightGradientInt8, [sum, error, lowering.Of(Input)], geometry));
        lowering.AddGradient(
            Input, sum => lowering.Plan.Tensor(ConvolutionOps.Conv2DInputGradientInt8, [sum, error, lowering.Kept(this, Weight8)], geometry));
    }

    /// <summary>Windows of one pixel without padding are the pixels themselves.</summary>
    private bool WindowsAreRows => _geometry.Windows is { Taps: 1, StrideHeight: 1, StrideWidth: 1 };

    private int[] WindowImmediates => _geometry.Windows.ToImmediates();

    private BufferId WindowsOf(IntegerLowering lowering)
    {
        BufferId x = lowering.Of(Input);
        if (WindowsAreRows)
        {
            return x;
        }

        BufferId windows = lowering.Plan.Scratch(TensorType.Int8, Output.Rows, checked((int)_geometry.ChainLength(Input.Columns)));
        lowering.Plan.Tensor(ConvolutionOps.ImageToColumnsInt8, [windows, x], WindowImmediates);
        return windows;
    }

    private void InputSums(IntegerLowering lowering, BufferId sum, BufferId error)
    {
        BufferId weight = lowering.Kept(this, Weight8);
        if (WindowsAreRows)
        {
            lowering.Plan.Product(sum, error, weight, transposeB: true, tileWork: true);
            return;
        }

        BufferId windows = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, checked((int)_geometry.ChainLength(Input.Columns)));
        lowering.Plan.Product(windows, error, weight, transposeB: true, tileWork: true);
        lowering.Plan.Tensor(ConvolutionOps.ColumnsToImageInt32, [sum, windows], WindowImmediates);
    }

    private void RequireSums(IntegerLowering lowering)
    {
        (int groups, int taps) = (_geometry.Groups, _geometry.Windows.Taps);
        long limit = groups == 1 ? IntegerLowering.MaxProducts : MaxGroupProducts;
        IntegerLowering.RequireSum(this, "an output", _geometry.ChainLength(Input.Columns), limit, "take fewer input channels or a smaller kernel");
        if (lowering.Training)
        {
            IntegerLowering.RequireSum(this, "a gradient of the weights", Output.Rows, limit, "take a smaller batch, smaller images or a larger stride");
            IntegerLowering.RequireSum(
                this, "an error of the input", (long)taps * (Output.Columns / groups), limit, "take fewer output channels or a smaller kernel");
        }
    }
}
