using System.Text.Json.Nodes;

namespace PoUW.Benchmarks.Compute;

/// <summary>A two-dimensional convolution over a batch of images with bias.</summary>
/// <param name="Batch">Images.</param>
/// <param name="Inputs">Input channels.</param>
/// <param name="Outputs">Output channels.</param>
/// <param name="Height">Rows of an input image.</param>
/// <param name="Width">Columns of an input image.</param>
/// <param name="Kernel">Rows and columns of the kernel.</param>
/// <param name="Stride">Step in both directions.</param>
/// <param name="Padding">Zeros at every edge.</param>
public sealed record ConvolutionCase(int Batch, int Inputs, int Outputs, int Height, int Width, int Kernel, int Stride, int Padding)
{
    /// <summary>The second convolution of a small image network: 3 x 3, 32 to 64 channels, 64 images of 14 x 14.</summary>
    public static ConvolutionCase Middle { get; } = new(64, 32, 64, 14, 14, 3, 1, 1);

    /// <summary>Floating-point operations of the forward pass; the gradients of input and weight take as many each.</summary>
    public double ForwardFlops => 2.0 * Batch * Outputs * OutputSize(Height) * OutputSize(Width) * Inputs * Kernel * Kernel;

    /// <summary>The torch peer's request.</summary>
    public JsonObject ToRequest(int threads) => new()
    {
        ["case"] = "conv2d",
        ["batch"] = Batch,
        ["in"] = Inputs,
        ["out"] = Outputs,
        ["height"] = Height,
        ["width"] = Width,
        ["kernel"] = Kernel,
        ["stride"] = Stride,
        ["padding"] = Padding,
        ["threads"] = threads,
    };

    private int OutputSize(int input) => ((input + (2 * Padding) - Kernel) / Stride) + 1;
}
