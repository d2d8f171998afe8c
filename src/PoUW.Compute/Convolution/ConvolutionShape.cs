using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Convolution;

/// <summary>A convolution of given geometry on images with so many channels to so many output channels.</summary>
internal readonly record struct ConvolutionShape(ConvolutionGeometry Geometry, int Channels, int Outputs)
{
    /// <summary>Where the windows lie.</summary>
    public PoolingGeometry Windows => Geometry.Windows;

    /// <summary>Channels of a group.</summary>
    public int GroupChannels => Channels / Geometry.Groups;

    /// <summary>Output channels of a group.</summary>
    public int GroupOutputs => Outputs / Geometry.Groups;

    /// <summary>The shape of a call; the operands are given by their numbers.</summary>
    public static ConvolutionShape Of(in TensorCall call, int images, int outputs) =>
        new(ConvolutionGeometry.Decode(call.Immediates), call[images].Columns, call[outputs].Columns);
}
