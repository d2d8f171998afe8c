using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>A convolution of given geometry on images with so many channels to so many output channels.</summary>
internal readonly record struct ConvolutionShape(ConvolutionGeometry Geometry, int Channels, int Outputs)
{
    /// <summary>Where the windows lie.</summary>
    public PoolingGeometry Windows => Geometry.Windows;

    /// <summary>Channels of a group.</summary>
    public int GroupChannels => Channels / Geometry.Groups;

    /// <summary>Output channels of a group.</summary>
    public int GroupOutputs => Outputs / Geometry.Groups;

    /// <summary>True if every channel is a group of its own with one output.</summary>
    public bool IsDepthwise => Geometry.Groups > 1 && Geometry.Groups == Channels && Channels == Outputs;

    /// <summary>Groups that are computed one after the other; the channels of a depthwise convolution are computed together.</summary>
    public int Passes => IsDepthwise ? 1 : Geometry.Groups;

    /// <summary>Channels of a pass.</summary>
    public int PassChannels => Channels / Passes;

    /// <summary>Output channels of a pass.</summary>
    public int PassOutputs => Outputs / Passes;

    /// <summary>The shape of a call; the operands are given by their numbers.</summary>
    public static ConvolutionShape Of(in TensorCall call, int images, int outputs) =>
        new(ConvolutionGeometry.Decode(call.Immediates), call[images].Columns, call[outputs].Columns);
}
