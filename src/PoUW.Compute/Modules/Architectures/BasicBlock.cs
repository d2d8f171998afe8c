using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// The residual block of <see cref="ResNet"/>, as torchvision's: conv1, bn1, conv2, bn2 of 3x3 and, where the shape changes, downsample.0
/// (1x1) and downsample.1. Lane R.
/// </summary>
public sealed class BasicBlock : Module
{
    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly Conv2d _conv2;
    private readonly BatchNorm2d _bn2;
    private readonly Sequential? _downsample;

    /// <summary>Describes the block.</summary>
    /// <param name="inChannels">Channels of the images.</param>
    /// <param name="outChannels">Channels of the output.</param>
    /// <param name="stride">1, or 2 to halve the sides.</param>
    public BasicBlock(int inChannels, int outChannels, int stride = 1)
    {
        _conv1 = Register("conv1", Convolution(inChannels, outChannels, 3, stride));
        _bn1 = Register("bn1", new BatchNorm2d(outChannels));
        _conv2 = Register("conv2", Convolution(outChannels, outChannels, 3, 1));
        _bn2 = Register("bn2", new BatchNorm2d(outChannels));
        _downsample = stride != 1 || inChannels != outChannels
            ? Register("downsample", new Sequential(Convolution(inChannels, outChannels, 1, stride), new BatchNorm2d(outChannels)))
            : null;
    }

    /// <summary>A convolution of a ResNet: no bias, padded so that a stride of 1 keeps the sides, started for the ReLU behind it.</summary>
    internal static Conv2d Convolution(int inChannels, int outChannels, int kernelSize, int stride) => new(
        inChannels, outChannels, kernelSize, stride, kernelSize / 2, bias: false,
        weightInitialiser: Initialiser.KaimingNormal(0, FanMode.FanOut, Nonlinearity.Relu));

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.Relu(_bn1.Apply(_conv1.Apply(input)));
        x = _bn2.Apply(_conv2.Apply(x));
        return Functional.Relu(x + (_downsample?.Apply(input) ?? input));
    }
}
