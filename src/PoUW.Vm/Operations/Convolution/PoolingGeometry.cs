namespace PoUW.Vm.Operations.Convolution;

/// <summary>
/// Where the windows of a pooling or a convolution lie on a batch of images. Images are NHWC: a matrix with one row a pixel, in the order
/// (image, y, x), and one column a channel. Window (oy, ox) has its tap (ky, kx) on pixel (oy * stride - pad + ky, ox * stride - pad + kx)
/// and is row (image, oy, ox) of the outputs. Immutable; encoded as nine immediates of an instruction in the order of the parameters.
/// </summary>
/// <param name="Batch">Images.</param>
/// <param name="Height">Height of an image in pixels.</param>
/// <param name="Width">Width of an image in pixels.</param>
/// <param name="KernelHeight">Height of a window.</param>
/// <param name="KernelWidth">Width of a window.</param>
/// <param name="StrideHeight">Pixels from a window to the one below it.</param>
/// <param name="StrideWidth">Pixels from a window to the one to its right.</param>
/// <param name="PadHeight">Rows of padding above and below an image; less than the height of a window.</param>
/// <param name="PadWidth">Columns of padding left and right of an image; less than the width of a window.</param>
public readonly record struct PoolingGeometry(
    int Batch,
    int Height,
    int Width,
    int KernelHeight,
    int KernelWidth,
    int StrideHeight = 1,
    int StrideWidth = 1,
    int PadHeight = 0,
    int PadWidth = 0)
{
    /// <summary>Largest number of images.</summary>
    public const int MaxBatch = 1 << 20;

    /// <summary>Largest height and width of an image.</summary>
    public const int MaxSide = 1 << 15;

    /// <summary>Largest height, width and stride of a window; padding is less than it.</summary>
    public const int MaxKernel = 255;

    /// <summary>Rows of outputs an image. At least 1 if <see cref="Problem"/> is null.</summary>
    public int OutputHeight => ((Height + (2 * PadHeight) - KernelHeight) / StrideHeight) + 1;

    /// <summary>Columns of outputs an image. At least 1 if <see cref="Problem"/> is null.</summary>
    public int OutputWidth => ((Width + (2 * PadWidth) - KernelWidth) / StrideWidth) + 1;

    /// <summary>Pixels of an image.</summary>
    public int InputPixels => Height * Width;

    /// <summary>Outputs of an image.</summary>
    public int OutputPixels => OutputHeight * OutputWidth;

    /// <summary>Taps of a window.</summary>
    public int Taps => KernelHeight * KernelWidth;

    /// <summary>Rows of the images; below 2^51 within the limits.</summary>
    public long InputRows => (long)Batch * Height * Width;

    /// <summary>Rows of the outputs; below 2^54 within the limits.</summary>
    public long OutputRows => (long)Batch * OutputHeight * OutputWidth;

    /// <summary>The nine immediates with their ranges.</summary>
    internal static IReadOnlyList<ImmediateSpec> Immediates { get; } =
    [
        new("batch", 1, MaxBatch), new("height", 1, MaxSide), new("width", 1, MaxSide),
        new("kernel_h", 1, MaxKernel), new("kernel_w", 1, MaxKernel), new("stride_h", 1, MaxKernel), new("stride_w", 1, MaxKernel),
        new("pad_h", 0, MaxKernel - 1), new("pad_w", 0, MaxKernel - 1),
    ];

    /// <summary>Decodes immediates; no check.</summary>
    /// <param name="immediates">At least nine numbers; the first nine count.</param>
    public static PoolingGeometry Decode(ReadOnlySpan<int> immediates) => new(
        immediates[0], immediates[1], immediates[2], immediates[3], immediates[4], immediates[5], immediates[6], immediates[7], immediates[8]);

    /// <summary>The immediates of an instruction.</summary>
    public int[] ToImmediates() =>
        [Batch, Height, Width, KernelHeight, KernelWidth, StrideHeight, StrideWidth, PadHeight, PadWidth];

    /// <summary>What is wrong with the geometry, or null. All other members need a geometry without a problem.</summary>
    public string? Problem()
    {
        int[] values = ToImmediates();
        for (int i = 0; i < values.Length; i++)
        {
            ImmediateSpec spec = Immediates[i];
            if (!spec.Admits(values[i]))
            {
                return $"{spec.Name} is {values[i]}, not in {spec.Minimum}..{spec.Maximum}";
            }
        }

        return SideProblem("_h", Height, KernelHeight, PadHeight) ?? SideProblem("_w", Width, KernelWidth, PadWidth);
    }

    /// <summary>Image, y and x of a row of the images.</summary>
    public (int Image, int Y, int X) InputPosition(int row) =>
        (row / InputPixels, row % InputPixels / Width, row % Width);

    /// <summary>Image, y and x of a row of the outputs.</summary>
    public (int Image, int Y, int X) OutputPosition(int row) =>
        (row / OutputPixels, row % OutputPixels / OutputWidth, row % OutputWidth);

    /// <summary>The row of the images under a tap of a window, or -1 if the tap lies in the padding.</summary>
    public int InputRow(int image, int outputY, int outputX, int kernelY, int kernelX)
    {
        int y = (outputY * StrideHeight) - PadHeight + kernelY;
        int x = (outputX * StrideWidth) - PadWidth + kernelX;
        return y >= 0 && y < Height && x >= 0 && x < Width ? (((image * Height) + y) * Width) + x : -1;
    }

    /// <summary>
    /// True if a window whose tap (ky, kx) lies on pixel (y, x) would stand on the lattice of the windows, be it among the outputs or
    /// beyond their edge. With strides of 1 always true.
    /// </summary>
    public bool IsOnLattice(int y, int x, int kernelY, int kernelX) =>
        (y + PadHeight - kernelY) % StrideHeight == 0 && (x + PadWidth - kernelX) % StrideWidth == 0;

    /// <summary>The row of the outputs whose window has its tap (ky, kx) on pixel (y, x), or -1 if there is none.</summary>
    public int OutputRow(int image, int y, int x, int kernelY, int kernelX)
    {
        int top = y + PadHeight - kernelY;
        int left = x + PadWidth - kernelX;
        if (top < 0 || left < 0 || !IsOnLattice(y, x, kernelY, kernelX))
        {
            return -1;
        }

        int outputY = top / StrideHeight;
        int outputX = left / StrideWidth;
        return outputY < OutputHeight && outputX < OutputWidth
            ? (((image * OutputHeight) + outputY) * OutputWidth) + outputX
            : -1;
    }

    private static string? SideProblem(string side, int length, int kernel, int pad)
    {
        if (pad >= kernel)
        {
            return $"pad{side} is {pad}: windows of {kernel} would hold padding only";
        }

        return length + (2 * pad) < kernel
            ? $"kernel{side} is {kernel}, and image and padding together have {length + (2 * pad)}"
            : null;
    }
}
