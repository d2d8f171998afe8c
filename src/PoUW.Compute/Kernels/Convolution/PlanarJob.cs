using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>
/// Computes a <see cref="GatherPlan"/> with few columns: the channels of the source are copied to padded planes, vectors run over pixels of
/// all lines at once, and register rows over the columns. The offsets of the plan count floats of a plane. A part is a range of lines of
/// one image.
/// </summary>
internal unsafe struct PlanarJob<TLane, TVector> : ITeamJob
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private GatherPlan _plan;
    private PlanarWeights _weights;
    private MicroKernelTable<TLane, TVector> _kernels;
    private ScratchBuffer[] _memory;
    private int _linesPerPart;
    private int _partsPerImage;
    private int _pitch;
    private int _shared;

    private static int Panel => PanelPacker<TLane, TVector>.Panel;

    /// <summary>Lines without steps are one run of pixels, the columns between them included.</summary>
    private readonly bool JoinsLines => _plan.RowStep == 1;

    private readonly int Planes => _plan.Source.Slice == 1 ? 1 : RoundUp(_plan.Source.Slice, TLane.Width);

    /// <summary>True if this way is the faster one: vectors over columns would be half empty.</summary>
    public static bool Suits(in GatherPlan plan) =>
        plan.ColumnStep == 1 && 2 * plan.Columns <= TLane.Width && plan.Columns <= TLane.Rows
        && (plan.RowStep == 1 ? plan.Pixels * plan.Lines : plan.Pixels) >= TLane.Width;

    /// <summary>Runs the plan on the team.</summary>
    public static void Run(
        in GatherPlan plan, in PlanarWeights weights, MicroKernelTable<TLane, TVector> kernels, ScratchBuffer[] memory, ThreadTeam team)
    {
        int lines = plan.LinesPerPart(team.Size, (nint)plan.LineColumns * plan.Source.Slice);
        PlanarJob<TLane, TVector> job = new()
        {
            _plan = plan,
            _weights = weights,
            _kernels = kernels,
            _memory = memory,
            _linesPerPart = lines,
            _partsPerImage = (plan.Lines + lines - 1) / lines,
            _pitch = plan.PlanePitch,
            _shared = plan.SharedColumns,
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
        int run = JoinsLines ? ((lines - 1) * _pitch) + _plan.Pixels : _plan.Pixels;
        int runs = JoinsLines ? 1 : lines;
        nint plane = PlaneLength(((long)rows * _pitch) + _shared);
        nint result = PlaneLength((long)runs * RoundUp(run, Panel));
        long pixels = RoundUp((rows * _pitch) + _shared, TLane.Width); // Whole blocks are transposed.
        long padded = (pixels * _plan.Source.Slice) + (TLane.Width * TLane.Width);
        float* memory = (float*)_memory[participant].Reserve((Planes * plane) + (TLane.Width * result) + padded);
        float* results = memory + (Planes * plane);

        // The padded pixels are needed until the planes are made, the tile of the last transposition only afterwards.
        float* rest = results + (TLane.Width * result);
        CopyPlanes(image, _plan.FirstRow + (line * _plan.RowStep), rows, memory, plane, rest);
        for (int i = 0; i < runs; i++)
        {
            RunPixels(memory + (i * (nint)_plan.RowStep * _pitch), plane, run, results + (i * (nint)RoundUp(run, Panel)), result);
        }

        float* target = _plan.Target + (image * _plan.TargetImage) + (line * _plan.TargetLine);
        nint lineStride = JoinsLines ? _pitch : RoundUp(run, Panel);
        float* end = _plan.FreeUpTo(lines, target, TLane.Width);
        for (int i = 0; i < lines; i++)
        {
            StoreLine(results + (i * lineStride), result, target + (i * _plan.TargetLine), end, rest);
        }
    }

    private static int RoundUp(int length, int unit) => (length + unit - 1) / unit * unit;

    /// <summary>Room for vectors behind the end, and an odd number of cache lines, so that planes spread over the sets of the cache.</summary>
    private static nint PlaneLength(long floats) => (nint)(16 * (((floats + Panel + TLane.Width + 15) / 16) | 1));

    private readonly void CopyPlanes(int image, int row, int rows, float* planes, nint plane, float* padded)
    {
        int slice = _plan.Source.Slice;
        int pixels = rows * _pitch;
        float* lines = slice == 1 ? planes : padded;
        _plan.Source.Copy(image, row, rows, _plan.FirstColumn, _pitch, lines);
        new Span<float>(lines + ((nint)pixels * slice), _shared * slice).Clear();
        if (slice == 1)
        {
            return;
        }

        unchecked // Blocks end in the room behind the pixels and the planes.
        {
            for (int pixel = 0; pixel < pixels + _shared; pixel += TLane.Width)
            {
                for (int channel = 0; channel < slice; channel += TLane.Width)
                {
                    TLane.Transpose(padded + ((nint)pixel * slice) + channel, slice, planes + (channel * plane) + pixel, plane);
                }
            }
        }
    }

    private readonly void RunPixels(float* planes, nint plane, int count, float* results, nint result)
    {
        MicroCall call = new()
        {
            Offsets = _weights.Offsets,
            OffsetsB = _plan.Offsets,
            Segments = _plan.Segments,
            Length = _plan.Length,
            Last = true,
        };
        call.PlaceA(_weights.First, _weights.RowStride, _weights.Step);
        for (int pixel = 0; pixel < count; pixel += Panel)
        {
            call.PlaceB(planes + pixel, _plan.Source.Slice == 1 ? 1 : plane);
            call.PlaceC(results + pixel, result);
            call.NextC = call.C + Panel;
            _kernels[_plan.Columns, count - pixel > TLane.Width ? 2 : 1](&call);
        }
    }

    /// <summary>
    /// Brings the planes of one line of results back to pixels. Up to the end, vectors may write rubbish over the next pixels, which follow.
    /// </summary>
    private readonly void StoreLine(float* results, nint result, float* target, float* end, float* tile)
    {
        if (_plan.Columns == 1 && _plan.TargetPixel == 1)
        {
            new ReadOnlySpan<float>(results, _plan.Pixels).CopyTo(new Span<float>(target, _plan.Pixels));
            return;
        }

        for (int pixel = 0; pixel < _plan.Pixels; pixel += TLane.Width)
        {
            TLane.Transpose(results + pixel, result, tile, TLane.Width);
            float* pixels = target + (pixel * _plan.TargetPixel);
            int count = Math.Min(TLane.Width, _plan.Pixels - pixel);
            StorePixels(tile, pixels, count, pixels + ((count - 1) * _plan.TargetPixel) + TLane.Width <= end);
        }
    }

    private readonly void StorePixels(float* tile, float* pixels, int count, bool whole)
    {
        unchecked // Pointers stay inside the tile and the lines.
        {
            nint step = _plan.TargetPixel;
            if (whole)
            {
                for (int i = 0; i < count; i++, pixels += step, tile += TLane.Width)
                {
                    TLane.Store(TLane.Load(tile), pixels);
                }

                return;
            }

            for (int i = 0; i < count; i++, pixels += step, tile += TLane.Width)
            {
                TLane.StoreFirst(TLane.Load(tile), pixels, _plan.Columns);
            }
        }
    }
}
