using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>Computes a <see cref="WeightPlan"/>: a part is a range of register blocks of the result, each over all lines.</summary>
internal unsafe struct WeightJob<TLane, TVector> : ITeamJob
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats of source and dy of the lines that are visited at a time.</summary>
    private const int CacheFloats = 1 << 15;

    private WeightPlan _plan;
    private MicroKernelTable<TLane, TVector> _kernels;
    private ScratchBuffer[] _memory;
    private int _blocks;
    private int _parts;
    private int _linesAtOnce;

    private static int Panel => PanelPacker<TLane, TVector>.Panel;

    /// <summary>Runs the plan on the team.</summary>
    public static void Run(in WeightPlan plan, MicroKernelTable<TLane, TVector> kernels, ScratchBuffer[] memory, ThreadTeam team)
    {
        int blocks = plan.KernelHeight * ((plan.RowsPerKernelLine + TLane.Rows - 1) / TLane.Rows);
        long lineFloats = ((long)plan.Pixels * Math.Min(plan.OutputStride, Panel)) + plan.SourceRow;
        WeightJob<TLane, TVector> job = new()
        {
            _plan = plan,
            _kernels = kernels,
            _memory = memory,
            _blocks = blocks,
            _parts = Math.Min(blocks, team.Size),
            _linesAtOnce = (int)Math.Max(1, CacheFloats / lineFloats),
        };
        team.Run(job._parts, job);
    }

    /// <inheritdoc/>
    public readonly void Execute(int part, int participant)
    {
        float* tile = (float*)_memory[participant].Reserve(TLane.Rows * Panel);
        int first = (int)((long)_blocks * part / _parts);
        int end = (int)((long)_blocks * (part + 1) / _parts);
        for (int line = 0; line < _plan.Lines;)
        {
            int limit = line < _plan.DirectLines ? _plan.DirectLines : _plan.Lines;
            int lines = Math.Min(_linesAtOnce, limit - line);
            RunLines(line, lines, first, end, tile);
            line += lines;
        }
    }

    /// <summary>All blocks of the part over a few lines, which stay in the first-level cache.</summary>
    private readonly void RunLines(int line, int lines, int first, int end, float* tile)
    {
        nint lineLength = (nint)_plan.Pixels * _plan.OutputStride;
        float* outputs = line < _plan.DirectLines
            ? _plan.Outputs + (line * lineLength)
            : _plan.Tail + ((line - _plan.DirectLines) * lineLength);
        MicroCall call = new()
        {
            Offsets = _plan.Offsets + line,
            Segments = lines,
            Length = _plan.Pixels,
            Last = _plan.Last && line + lines == _plan.Lines,
        };
        bool load = _plan.Load || line > 0;
        int blocksPerKernelLine = _blocks / _plan.KernelHeight;
        for (int column = 0; column < _plan.Columns; column += Panel)
        {
            call.PlaceB(outputs + column, _plan.OutputStride);
            for (int block = first; block < end; block++)
            {
                (int ky, int index) = (block / blocksPerKernelLine, block % blocksPerKernelLine);
                int row = (int)((long)_plan.RowsPerKernelLine * index / blocksPerKernelLine);
                int rows = (int)((long)_plan.RowsPerKernelLine * (index + 1) / blocksPerKernelLine) - row;
                call.PlaceA(_plan.Source + (ky * _plan.SourceRow) + row, 1, _plan.SourceStep);
                nint targetRow = ((nint)ky * _plan.RowsPerKernelLine) + row;
                float* target = _plan.Target + (targetRow * _plan.OutputStride) + column;
                call.PlaceStart(load ? target : null, _plan.OutputStride);
                RunTile(ref call, target, rows, Math.Min(Panel, _plan.Columns - column), tile);
            }
        }
    }

    private readonly void RunTile(ref MicroCall call, float* target, int rows, int columns, float* tile)
    {
        int vectors = columns > TLane.Width ? 2 : 1;
        bool direct = columns == vectors * TLane.Width;
        call.PlaceC(direct ? target : tile, direct ? _plan.OutputStride : Panel);
        call.NextC = target + (rows * _plan.OutputStride);
        call.NextStart = call.NextC;
        if (!direct && call.Start != null)
        {
            Copy(target, _plan.OutputStride, tile, Panel, rows, columns);
            call.PlaceStart(tile, Panel);
        }

        fixed (MicroCall* pinned = &call)
        {
            _kernels[rows, vectors](pinned);
        }

        if (!direct)
        {
            Copy(tile, Panel, target, _plan.OutputStride, rows, columns);
        }
    }

    private static void Copy(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        for (int row = 0; row < rows; row++, source += sourceStride, destination += destinationStride)
        {
            new ReadOnlySpan<float>(source, columns).CopyTo(new Span<float>(destination, columns));
        }
    }
}
