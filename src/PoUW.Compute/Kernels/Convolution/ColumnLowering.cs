using PoUW.Compute.Backends;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Unfolds windows of int8 images to rows (im2col) and adds rows of int32 to the pixels of their windows (col2im).</summary>
internal static unsafe class ColumnLowering
{
    /// <summary>Unfolds the windows of one image: OutputPixels rows of taps times the channels of the range, 0 in the padding.</summary>
    /// <param name="g">Where the windows lie.</param>
    /// <param name="source">The images and the range of channels.</param>
    /// <param name="image">Which image.</param>
    /// <param name="padded">Memory for a padded copy of the image.</param>
    /// <param name="destination">Row of the first window.</param>
    public static void Unfold(in PoolingGeometry g, in ImageSource<sbyte> source, int image, ScratchBuffer padded, sbyte* destination)
    {
        int rows = ((g.OutputHeight - 1) * g.StrideHeight) + g.KernelHeight;
        int columns = ((g.OutputWidth - 1) * g.StrideWidth) + g.KernelWidth;
        bool direct = source.Slice == source.Channels && source.Contains(-g.PadHeight, rows, -g.PadWidth, columns);
        nint rowLength = (nint)(direct ? source.Width : columns) * source.Slice;
        sbyte* first = source.First + (image * source.ImageStride);
        if (!direct)
        {
            first = (sbyte*)padded.Reserve(((rows * rowLength) / sizeof(int)) + 1);
            source.Copy(image, -g.PadHeight, rows, -g.PadWidth, columns, first);
        }

        int run = g.KernelWidth * source.Slice;
        nint step = (nint)g.StrideWidth * source.Slice;
        for (int y = 0; y < g.OutputHeight; y++)
        {
            sbyte* window = first + (y * g.StrideHeight * rowLength);
            UnfoldLine(window, step, rowLength, g.OutputWidth, g.KernelHeight, run, destination);
            destination += (nint)g.OutputWidth * g.KernelHeight * run;
        }
    }

    /// <summary>Adds the rows of the windows of one image to its pixels, which are cleared first.</summary>
    /// <param name="g">Where the windows lie.</param>
    /// <param name="channels">Channels of a row and of the range of the image.</param>
    /// <param name="rows">OutputPixels rows.</param>
    /// <param name="destination">First channel of the range of the first pixel.</param>
    /// <param name="pixelStride">Ints from pixel to pixel.</param>
    public static void Fold(in PoolingGeometry g, int channels, int* rows, int* destination, int pixelStride)
    {
        for (int pixel = 0; pixel < g.InputPixels; pixel++)
        {
            new Span<int>(destination + ((nint)pixel * pixelStride), channels).Clear();
        }

        for (int window = 0; window < g.OutputPixels; window++)
        {
            int top = (window / g.OutputWidth * g.StrideHeight) - g.PadHeight;
            int left = (window % g.OutputWidth * g.StrideWidth) - g.PadWidth;
            int first = Math.Max(0, -left);
            int count = Math.Min(g.KernelWidth, g.Width - left) - first;
            for (int ky = Math.Max(0, -top); ky < Math.Min(g.KernelHeight, g.Height - top); ky++)
            {
                int* source = rows + ((nint)((ky * g.KernelWidth) + first) * channels);
                int* pixel = destination + (((((nint)top + ky) * g.Width) + left + first) * pixelStride);
                if (pixelStride == channels)
                {
                    ByteRun.Add(source, count * channels, pixel);
                    continue;
                }

                for (int kx = 0; kx < count; kx++)
                {
                    ByteRun.Add(source + ((nint)kx * channels), channels, pixel + ((nint)kx * pixelStride));
                }
            }

            rows += (nint)g.Taps * channels;
        }
    }

    private static void UnfoldLine(sbyte* window, nint step, nint rowLength, int windows, int kernelHeight, int run, sbyte* destination)
    {
        unchecked // Pointers stay inside the padded image and the rows.
        {
            for (int x = 0; x < windows; x++, window += step)
            {
                sbyte* source = window;
                for (int ky = 0; ky < kernelHeight; ky++, source += rowLength, destination += run)
                {
                    ByteRun.Copy(source, run, destination);
                }
            }
        }
    }
}
