using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// Computes a <see cref="GatherPlan"/> in which every channel is a group of its own: vectors run over channels in source, weights and
/// targets alike. Each run of the plan is one pixel. A part is a range of lines of one image.
/// </summary>
internal unsafe struct DepthwiseJob<TLane, TVector> : ITeamJob
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private const int PixelsAtOnce = 8;

    private GatherPlan _plan;
    private nint* _weightOffsets;
    private ScratchBuffer[] _memory;
    private int _linesPerPart;
    private int _partsPerImage;

    /// <summary>Runs the plan on the team.</summary>
    /// <param name="plan">What to compute; its panels are the weights, its columns and slice all channels.</param>
    /// <param name="weightOffsets">Where the weights of the runs lie.</param>
    /// <param name="memory">Working memory, one for each participant.</param>
    /// <param name="team">Who computes.</param>
    public static void Run(in GatherPlan plan, nint* weightOffsets, ScratchBuffer[] memory, ThreadTeam team)
    {
        int lines = plan.LinesPerPart(team.Size, plan.RowLength);
        DepthwiseJob<TLane, TVector> job = new()
        {
            _plan = plan,
            _weightOffsets = weightOffsets,
            _memory = memory,
            _linesPerPart = lines,
            _partsPerImage = (plan.Lines + lines - 1) / lines,
        };
        team.Run(plan.Images * job._partsPerImage, job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant)
    {
        int image = part / _partsPerImage;
        int line = part % _partsPerImage * _linesPerPart;
        int lines = Math.Min(_linesPerPart, _plan.Lines - line);
        int rows = _plan.RowsOf(lines);
        float* source = (float*)_memory[participant].Reserve(rows * _plan.RowLength);
        _plan.Source.Copy(image, _plan.FirstRow + (line * _plan.RowStep), rows, _plan.FirstColumn, _plan.LineColumns, source);
        float* target = _plan.Target + (image * _plan.TargetImage) + (line * _plan.TargetLine);
        for (int i = 0; i < lines; i++)
        {
            for (int channel = 0; channel < _plan.Columns; channel += TLane.Width)
            {
                RunLine(source + channel, target + channel, _plan.Panels + channel, Math.Min(TLane.Width, _plan.Columns - channel));
            }

            source += _plan.RowStep * _plan.RowLength;
            target += _plan.TargetLine;
        }
    }

    /// <summary>Up to a vector of channels of one line; the last pixels are computed twice if their number does not divide.</summary>
    private readonly void RunLine(float* source, float* target, float* weights, int channels)
    {
        nint step = (nint)_plan.ColumnStep * _plan.PixelLength;
        int last = _plan.Pixels - PixelsAtOnce;
        for (int pixel = 0; last >= 0 && pixel < _plan.Pixels; pixel += PixelsAtOnce)
        {
            int first = Math.Min(pixel, last);
            RunPixels(source + (first * step), step, target + (first * _plan.TargetPixel), weights, channels);
        }

        for (int pixel = 0; last < 0 && pixel < _plan.Pixels; pixel++)
        {
            RunPixel(source + (pixel * step), target + (pixel * _plan.TargetPixel), weights, channels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void RunPixels(float* source, nint step, float* target, float* weights, int channels)
    {
        unchecked // Pointers stay inside the copied source, the weights and the targets.
        {
            TVector a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
            for (int tap = 0; tap < _plan.Segments; tap++)
            {
                float* p = source + _plan.Offsets[tap];
                float* q = p + (4 * step);
                TVector w = Read(weights + _weightOffsets[tap], channels);
                a = TLane.MultiplyAdd(Read(p, channels), w, a);
                b = TLane.MultiplyAdd(Read(p + step, channels), w, b);
                c = TLane.MultiplyAdd(Read(p + (2 * step), channels), w, c);
                d = TLane.MultiplyAdd(Read(p + (3 * step), channels), w, d);
                e = TLane.MultiplyAdd(Read(q, channels), w, e);
                f = TLane.MultiplyAdd(Read(q + step, channels), w, f);
                g = TLane.MultiplyAdd(Read(q + (2 * step), channels), w, g);
                h = TLane.MultiplyAdd(Read(q + (3 * step), channels), w, h);
            }

            nint next = _plan.TargetPixel;
            TLane.StoreFirst(TLane.Canonical(a), target, channels);
            TLane.StoreFirst(TLane.Canonical(b), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(c), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(d), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(e), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(f), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(g), target += next, channels);
            TLane.StoreFirst(TLane.Canonical(h), target + next, channels);
        }
    }

    private readonly void RunPixel(float* source, float* target, float* weights, int channels)
    {
        TVector sum = default;
        for (int tap = 0; tap < _plan.Segments; tap++)
        {
            sum = TLane.MultiplyAdd(Read(source + _plan.Offsets[tap], channels), Read(weights + _weightOffsets[tap], channels), sum);
        }

        TLane.StoreFirst(TLane.Canonical(sum), target, channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Read(float* source, int channels) =>
        channels == TLane.Width ? TLane.Load(source) : TLane.LoadFirst(source, channels);
}
