using System.Runtime.CompilerServices;
using PoUW.Compute.Threading;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>Runs a pooling over all target pixels: outputs, or pixels of the images for a gradient. A part is a range of lines.</summary>
internal struct PoolingJob<TPooling> : ITeamJob
    where TPooling : struct, IPooling
{
    private const int PartsPerThread = 4;

    private TPooling _pooling;
    private PoolingGeometry _windows;
    private bool _gradient;
    private int _channels;
    private int _sources;
    private int _lines;
    private int _linesPerPart;

    /// <summary>Runs a pooling on the team.</summary>
    /// <param name="pooling">What to compute.</param>
    /// <param name="windows">Where the windows lie.</param>
    /// <param name="gradient">Targets are the pixels of the images, sources the outputs; otherwise the other way round.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="team">Who computes.</param>
    public static void Run(in TPooling pooling, in PoolingGeometry windows, bool gradient, int channels, ThreadTeam team)
    {
        PoolingJob<TPooling> job = new()
        {
            _pooling = pooling,
            _windows = windows,
            _gradient = gradient,
            _channels = channels,
            _sources = (int)(gradient ? windows.OutputRows : windows.InputRows),
            _lines = windows.Batch * (gradient ? windows.Height : windows.OutputHeight),
        };
        int parts = team.Size == 1 ? 1 : team.Size * PartsPerThread;
        job._linesPerPart = (job._lines + parts - 1) / parts;
        team.Run((job._lines + job._linesPerPart - 1) / job._linesPerPart, job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant)
    {
        int first = part * _linesPerPart;
        int end = Math.Min(_lines, first + _linesPerPart);
        (int height, int width) = _gradient ? (_windows.Height, _windows.Width) : (_windows.OutputHeight, _windows.OutputWidth);
        (int sourceHeight, int sourceWidth) = _gradient ? (_windows.OutputHeight, _windows.OutputWidth) : (_windows.Height, _windows.Width);
        unchecked // Rows of tensors are below 2^31.
        {
            for (int line = first; line < end; line++)
            {
                (int image, int y) = (line / height, line % height);
                (int top, int bottom) = Range(y, _windows.StrideHeight, _windows.PadHeight, _windows.KernelHeight, sourceHeight);
                int row = ((image * sourceHeight) + top) * sourceWidth;
                for (int x = 0; x < width; x++)
                {
                    (int left, int right) = Range(x, _windows.StrideWidth, _windows.PadWidth, _windows.KernelWidth, sourceWidth);
                    Compute(new PixelRange(row + left, bottom - top, right - left, sourceWidth), (line * width) + x, end * width);
                }
            }
        }
    }

    /// <summary>The sources of a target along one side: taps of a window, or windows on a pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly (int First, int End) Range(int target, int stride, int pad, int kernel, int length)
    {
        if (!_gradient)
        {
            int start = (target * stride) - pad;
            return (Math.Max(0, start), Math.Min(length, start + kernel));
        }

        int last = target + pad;
        int first = last - kernel + 1;
        return (first <= 0 ? 0 : (first + stride - 1) / stride, Math.Min(length, (last / stride) + 1));
    }

    /// <summary>
    /// All channels of a target. The last block of many channels overlaps the one before. Few channels take a block that reads over the end
    /// of the pixels and writes over the next ones, which are computed later; at the end of the tensor or the part they go one by one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Compute(in PixelRange range, int target, int endOfPart)
    {
        int last = _channels - IPooling.BlockChannels;
        if (last >= 0)
        {
            for (int channel = 0; channel < last; channel += IPooling.BlockChannels)
            {
                _pooling.Block(range, target, channel);
            }

            _pooling.Block(range, target, last);
            return;
        }

        if ((range.IsEmpty || HasRoom(range.Last, _sources)) && HasRoom(target, endOfPart))
        {
            _pooling.Block(range, target, 0);
            return;
        }

        for (int channel = 0; channel < _channels; channel++)
        {
            _pooling.One(range, target, channel);
        }
    }

    private readonly bool HasRoom(int pixel, int pixels) => (long)(pixels - pixel) * _channels >= IPooling.BlockChannels;
}
