using PoUW.Compute.Graphs;
using PoUW.Compute.Initialisers;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.Conv2d without dilation, padding_mode zeros. State: weight (outChannels, inChannels / groups, height, width), bias
/// (outChannels). Both start uniform in +-1/sqrt(inChannels / groups * height * width), PyTorch's default. Lanes I and R.
/// </summary>
public sealed class Conv2d : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Describes the layer.</summary>
    /// <param name="inChannels">Channels of the images, at least 1.</param>
    /// <param name="outChannels">Channels of the output, at least 1.</param>
    /// <param name="kernelSize">Size of the windows: a number or (height, width), 1 to 255.</param>
    /// <param name="stride">Pixels between windows; 1 if it is null.</param>
    /// <param name="padding">Zeros around the image; less than the kernel.</param>
    /// <param name="groups">Parts into which both kinds of channels are cut; inChannels for a depthwise convolution.</param>
    /// <param name="bias">False for none.</param>
    /// <param name="weightInitialiser">How the weights start; null for PyTorch's default.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the channels cannot be cut into the groups.</exception>
    public Conv2d(
        int inChannels, int outChannels, Extent2d kernelSize, Extent2d? stride = null, Extent2d padding = default, int groups = 1, bool bias = true,
        Initialiser? weightInitialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(kernelSize.Height, 1, nameof(kernelSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(kernelSize.Width, 1, nameof(kernelSize));
        if (inChannels % groups != 0 || outChannels % groups != 0)
        {
            throw new ArgumentException($"{inChannels} channels and {outChannels} outputs cannot be cut into {groups} groups.", nameof(groups));
        }

        (InChannels, OutChannels, KernelSize) = (inChannels, outChannels, kernelSize);
        (Stride, Padding, Groups) = (stride ?? 1, padding, groups);
        int[] shape = [outChannels, inChannels / groups, kernelSize.Height, kernelSize.Width];
        Initialiser start = Initialiser.UniformFan(shape[1] * shape[2] * shape[3]);
        _weight = Register("weight", new Parameter(shape, weightInitialiser ?? start));
        _bias = bias ? Register("bias", new Parameter([outChannels], start)) : null;
    }

    /// <summary>Channels of the images.</summary>
    public int InChannels { get; }

    /// <summary>Channels of the output.</summary>
    public int OutChannels { get; }

    /// <summary>Size of the windows.</summary>
    public Extent2d KernelSize { get; }

    /// <summary>Pixels between windows.</summary>
    public Extent2d Stride { get; }

    /// <summary>Zeros around the image.</summary>
    public Extent2d Padding { get; }

    /// <summary>Parts into which both kinds of channels are cut.</summary>
    public int Groups { get; }

    /// <summary>The weights, for tying them to another module.</summary>
    public Parameter Weight => _weight;

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.Conv2d(input, _weight, _bias, Stride, Padding, Groups);
}
