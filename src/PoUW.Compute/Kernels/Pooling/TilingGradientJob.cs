using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using PoUW.Compute.Threading;
using PoUW.Vm.Arithmetic;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>
/// The gradient of max pooling whose windows tile the images: every pixel has one window, so it is written once and in order, dy where
/// the window's index names it and +0 elsewhere. True only if all indices lie in their windows, as those of max pooling do; if one does not, the job
/// says so and the result means nothing. A part is a range of lines of windows.
/// </summary>
internal unsafe struct TilingGradientJob : ITeamJob
{
    private const int PartsPerThread = 4;

    private float* _target;
    private float* _source;
    private int* _index;
    private int _channels;
    private int _width;
    private int _windowHeight;
    private int _windowWidth;
    private int _windowsPerLine;
    private int _lines;
    private int _linesPerPart;
    private int* _strays;

    /// <summary>Runs the job on the team.</summary>
    /// <returns>False if windows do not tile the images or an index lies outside its window: dx is not computed.</returns>
    public static bool TryRun(float* dx, float* dy, int* index, int channels, in PoolingGeometry windows, ThreadTeam team)
    {
        bool tiles = windows.KernelHeight == windows.StrideHeight && windows.KernelWidth == windows.StrideWidth
            && windows.PadHeight == 0 && windows.PadWidth == 0
            && windows.Height % windows.KernelHeight == 0 && windows.Width % windows.KernelWidth == 0;
        if (!tiles)
        {
            return false;
        }

        int strays = 0;
        TilingGradientJob job = new()
        {
            _target = dx,
            _source = dy,
            _index = index,
            _channels = channels,
            _width = windows.Width,
            _windowHeight = windows.KernelHeight,
            _windowWidth = windows.KernelWidth,
            _windowsPerLine = windows.OutputWidth,
            _lines = windows.Batch * windows.OutputHeight,
            _strays = &strays,
        };
        int parts = team.Size == 1 ? 1 : team.Size * PartsPerThread;
        job._linesPerPart = (job._lines + parts - 1) / parts;
        team.Run((job._lines + job._linesPerPart - 1) / job._linesPerPart, job);
        return strays == 0;
    }

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant)
    {
        int first = part * _linesPerPart;
        int end = Math.Min(_lines, first + _linesPerPart);
        nint endOfPart = (nint)end * _windowHeight * _width * _channels;
        for (int line = first; line < end; line++)
        {
            if (!StaysInWindows(line))
            {
                Volatile.Write(ref *_strays, 1);
                return;
            }

            for (int ky = 0; ky < _windowHeight; ky++)
            {
                RunLine(line, ky, endOfPart);
            }
        }
    }

    /// <summary>One line of pixels. Vectors of few channels write over the next pixels, which follow, but not over the end of the part.</summary>
    private readonly void RunLine(int line, int ky, nint endOfPart)
    {
        unchecked // Inside the tensors.
        {
            int row = ((line * _windowHeight) + ky) * _width;
            nint source = (nint)line * _windowsPerLine * _channels;
            nint sources = (nint)_lines * _windowsPerLine * _channels;
            nint target = (nint)row * _channels;
            nint room = Vector512<float>.Count - _channels; // Elements beyond a pixel of few channels.
            nint step = (nint)_windowWidth * _channels;
            for (int ox = 0; ox < _windowsPerLine; ox++, source += _channels, target += step, row += _windowWidth)
            {
                if (room <= 0)
                {
                    RunChannels(row, source, target);
                }
                else if (source + _channels + room <= sources && target + step + room <= endOfPart)
                {
                    Block(row, source, target);
                }
                else
                {
                    RunOneByOne(row, source, target);
                }
            }
        }
    }

    /// <summary>The last block overlaps the one before.</summary>
    private readonly void RunChannels(int row, nint source, nint target)
    {
        unchecked // Inside the tensors.
        {
            nint last = _channels - Vector512<float>.Count;
            for (nint c = 0; c < last; c += Vector512<float>.Count)
            {
                Block(row, source + c, target + c);
            }

            Block(row, source + last, target + last);
        }
    }

    /// <summary>Sixteen channels of the pixels of a line of a window, the first of which has this row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Block(int row, nint source, nint target)
    {
        unchecked // The caller vouches for sixteen elements.
        {
            Vector512<int> index = Vector512.Load(_index + source);
            Vector512<float> gradient = PoolingVector.Canonical(Vector512<float>.Zero + Vector512.Load(_source + source));
            float* pixel = _target + target;
            nint step = _channels;
            for (int last = row + _windowWidth; row < last; row++, pixel += step)
            {
                (gradient & Vector512.Equals(index, Vector512.Create(row)).AsSingle()).Store(pixel);
            }
        }
    }

    private readonly void RunOneByOne(int row, nint source, nint target)
    {
        unchecked // Inside the tensors.
        {
            for (int last = row + _windowWidth; row < last; row++, target += _channels)
            {
                for (nint c = 0; c < _channels; c++)
                {
                    _target[target + c] = _index[source + c] == row ? Fp32.Canonical(0 + _source[source + c]) : 0;
                }
            }
        }
    }

    private readonly bool StaysInWindows(int line)
    {
        unchecked // Inside the tensors; rows of images are below 2^31.
        {
            int row = line * _windowHeight * _width;
            nint source = (nint)line * _windowsPerLine * _channels;
            nint sources = (nint)_lines * _windowsPerLine * _channels;
            Vector512<int> lanes = Vector512<int>.Indices;
            Vector512<int> stays = Vector512<int>.AllBitsSet;
            for (int ox = 0; ox < _windowsPerLine; ox++, row += _windowWidth, source += _channels)
            {
                for (nint c = 0; c < _channels; c += Vector512<int>.Count)
                {
                    nint at = source + c;
                    if (at + Vector512<int>.Count <= sources)
                    {
                        // What belongs to the next pixels is not asked.
                        Vector512<int> others = Vector512.GreaterThanOrEqual(lanes, Vector512.Create((int)(_channels - c)));
                        stays &= others | InWindow(Vector512.Load(_index + at), row);
                        continue;
                    }

                    for (; at < source + _channels; at++)
                    {
                        stays &= InWindow(Vector512.Create(_index[at]), row);
                    }
                }
            }

            return stays == Vector512<int>.AllBitsSet;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector512<int> InWindow(Vector512<int> index, int first)
    {
        unchecked // As above.
        {
            Vector512<int> found = default;
            for (int ky = 0; ky < _windowHeight; ky++, first += _width)
            {
                // Distances of 0 up to the width, as unsigned numbers.
                Vector512<uint> distance = (index - Vector512.Create(first)).AsUInt32();
                found |= Vector512.LessThan(distance, Vector512.Create((uint)_windowWidth)).AsInt32();
            }

            return found;
        }
    }
}
