using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Computes a <see cref="GatherPlan"/>: a part is a range of lines of one image.</summary>
internal unsafe struct GatherJob<TLane, TVector> : ITeamJob
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private GatherPlan _plan;
    private MicroKernelTable<TLane, TVector> _kernels;
    private ScratchBuffer[] _memory;
    private int _linesPerPart;
    private int _partsPerImage;

    private static int Panel => PanelPacker<TLane, TVector>.Panel;

    /// <summary>Runs the plan on the team.</summary>
    /// <param name="plan">What to compute.</param>
    /// <param name="kernels">The kernels of the lane.</param>
    /// <param name="memory">Working memory, one for each participant.</param>
    /// <param name="team">Who computes.</param>
    public static void Run(in GatherPlan plan, MicroKernelTable<TLane, TVector> kernels, ScratchBuffer[] memory, ThreadTeam team)
    {
        int lines = plan.LinesPerPart(team.Size, plan.Direct ? 0 : plan.RowLength);
        GatherJob<TLane, TVector> job = new()
        {
            _plan = plan,
            _kernels = kernels,
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
        int row = _plan.FirstRow + (line * _plan.RowStep);
        int rows = _plan.RowsOf(lines);
        nint padded = _plan.Direct ? 0 : rows * _plan.RowLength;
        float* tile = (float*)_memory[participant].Reserve(padded + (TLane.Rows * Panel));
        float* source = tile + (TLane.Rows * Panel);
        if (_plan.Direct)
        {
            source = _plan.Source.First + (image * _plan.Source.ImageStride) + (row * _plan.RowLength)
                + (_plan.FirstColumn * _plan.PixelLength);
        }
        else
        {
            _plan.Source.Copy(image, row, rows, _plan.FirstColumn, _plan.LineColumns, source);
        }

        float* target = _plan.Target + (image * _plan.TargetImage) + (line * _plan.TargetLine);
        for (int column = 0; column < _plan.Columns; column += Panel)
        {
            RunPanel(lines, column, source, target, tile);
        }
    }

    /// <summary>Computes one panel of columns of the lines.</summary>
    private readonly void RunPanel(int lines, int column, float* source, float* target, float* tile)
    {
        int columns = Math.Min(Panel, _plan.Columns - column);
        MicroCall call = new()
        {
            Offsets = _plan.Offsets,
            Segments = _plan.Segments,
            Length = _plan.Length,
            RowStride = (nint)_plan.ColumnStep * _plan.PixelLength,
            StepA = 1,
            Last = true,
        };
        call.PlaceB(_plan.Panels + ((nint)column * _plan.Depth), Panel);
        float* end = _plan.FreeUpTo(lines, target, Panel);
        nint lineStride = _plan.RowStep * _plan.RowLength;
        unchecked // Pointers stay inside source and target.
        {
            for (int line = 0; line < lines; line++, source += lineStride, target += _plan.TargetLine)
            {
                foreach ((int pixel, int pixels) in new Split(_plan.Pixels, TLane.Rows))
                {
                    call.A = source + (pixel * call.RowStride);
                    RunTile(ref call, target + column + (pixel * _plan.TargetPixel), pixels, columns, end, tile);
                }
            }
        }
    }

    private readonly void RunTile(ref MicroCall call, float* target, int pixels, int columns, float* end, float* tile)
    {
        int vectors = columns > TLane.Width ? 2 : 1;
        int width = vectors * TLane.Width;
        bool direct = columns == width || target + ((pixels - 1) * _plan.TargetPixel) + width <= end;
        call.PlaceC(direct ? target : tile, direct ? _plan.TargetPixel : Panel);
        call.NextC = target + (pixels * _plan.TargetPixel);
        fixed (MicroCall* pinned = &call)
        {
            _kernels[pixels, vectors](pinned);
        }

        for (int pixel = 0; pixel < pixels && !direct; pixel++)
        {
            new ReadOnlySpan<float>(tile + (pixel * Panel), columns).CopyTo(new Span<float>(target + (pixel * _plan.TargetPixel), columns));
        }
    }
}
