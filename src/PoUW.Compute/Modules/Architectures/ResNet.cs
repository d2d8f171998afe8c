using System.Globalization;
using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules.Architectures;

/// <summary>
/// Residual nets of He et al. 2015 with basic blocks, named and started as torchvision's: conv1, bn1, layer1.0.conv1, ...,
/// layer2.0.downsample.0, fc. Lane R.
/// </summary>
public sealed class ResNet : Module
{
    private readonly Conv2d _conv1;
    private readonly BatchNorm2d _bn1;
    private readonly Sequential[] _stages;
    private readonly Linear _fc;
    private readonly bool _smallImages;

    /// <summary>Describes the net.</summary>
    /// <param name="depths">Blocks of each stage: 2, 2, 2, 2 for ResNet-18.</param>
    /// <param name="widths">Channels of each stage: 64, 128, 256, 512 for ResNet-18. All stages but the first halve the sides.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="inChannels">Channels of the images.</param>
    /// <param name="smallImages">
    /// False for torchvision's beginning (7x7 with stride 2, then a pooling, made for 224x224); true for 3x3 with stride 1 and no pooling
    /// (28x28 or 32x32).
    /// </param>
    /// <exception cref="ArgumentException">There is no stage, or depths and widths are not as many.</exception>
    public ResNet(IReadOnlyList<int> depths, IReadOnlyList<int> widths, int classes = 1000, int inChannels = 3, bool smallImages = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depths.Count, 1, nameof(depths));
        ArgumentOutOfRangeException.ThrowIfNotEqual(widths.Count, depths.Count, nameof(widths));
        _smallImages = smallImages;
        _conv1 = Register(
            "conv1", smallImages ? BasicBlock.Convolution(inChannels, widths[0], 3, 1) : BasicBlock.Convolution(inChannels, widths[0], 7, 2));
        _bn1 = Register("bn1", new BatchNorm2d(widths[0]));
        _stages = new Sequential[depths.Count];
        for (int stage = 0; stage < _stages.Length; stage++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}");
            _stages[stage] = Register(name, Stage(widths[Math.Max(stage - 1, 0)], widths[stage], depths[stage], stage == 0 ? 1 : 2));
        }

        _fc = Register("fc", new Linear(widths[^1], classes));
    }

    /// <summary>torchvision.models.resnet18.</summary>
    public static ResNet ResNet18(int classes = 1000, int inChannels = 3, bool smallImages = false) =>
        new([2, 2, 2, 2], [64, 128, 256, 512], classes, inChannels, smallImages);

    /// <summary>torchvision.models.resnet34.</summary>
    public static ResNet ResNet34(int classes = 1000, int inChannels = 3, bool smallImages = false) =>
        new([3, 4, 6, 3], [64, 128, 256, 512], classes, inChannels, smallImages);

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input)
    {
        GraphValue x = Functional.Relu(_bn1.Apply(_conv1.Apply(input)));
        if (!_smallImages)
        {
            x = Functional.MaxPool2d(x, 3, stride: 2, padding: 1);
        }

        foreach (Sequential stage in _stages)
        {
            x = stage.Apply(x);
        }

        return _fc.Apply(Functional.Flatten(Functional.AdaptiveAvgPool2d(x, 1)));
    }

    private static Sequential Stage(int inChannels, int outChannels, int depth, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        BasicBlock[] blocks = new BasicBlock[depth];
        for (int i = 0; i < depth; i++)
        {
            blocks[i] = i == 0 ? new BasicBlock(inChannels, outChannels, stride) : new BasicBlock(outChannels, outChannels);
        }

        return new Sequential(blocks);
    }
}
