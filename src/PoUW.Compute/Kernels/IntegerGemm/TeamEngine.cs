using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// Shares a product among a team: the result is cut into a grid, never k, and every participant has an engine of its own. Not thread-safe,
/// nor may the team be in use elsewhere meanwhile.
/// </summary>
internal sealed unsafe class TeamEngine : IGemmEngine
{
    /// <summary>Multiply-accumulates, some 10 microseconds, below which a part costs more to hand over than it saves.</summary>
    private const long LeastPart = 2_000_000;

    /// <summary>From here on a participant gets two parts, so that one that is held up gives work away.</summary>
    private const long LargePart = 64_000_000;

    private const int RowUnit = 6;
    private const int ColumnUnit = 32;

    private readonly ThreadTeam _team;
    private readonly IGemmEngine[] _engines;

    /// <summary>Makes the engines.</summary>
    /// <param name="team">Who computes; stays the caller's to dispose.</param>
    /// <param name="create">Makes an engine.</param>
    public TeamEngine(ThreadTeam team, Func<IGemmEngine> create)
    {
        _team = team;
        _engines = new IGemmEngine[team.Size];
        for (int i = 0; i < _engines.Length; i++)
        {
            _engines[i] = create();
        }
    }

    public bool Multiply(in MatMulShape shape, in OutputRegion region, sbyte* a, sbyte* b, int* c)
    {
        long work = (long)region.Rows * region.Columns * shape.K;
        int parts = (int)Math.Min(_team.Size, work / LeastPart);
        if (parts <= 1)
        {
            return _engines[0].Multiply(shape, region, a, b, c);
        }

        parts = work / LargePart >= 2L * parts ? 2 * parts : parts;
        int refused = 0;
        Job job = new()
        {
            Engines = _engines,
            Shape = shape,
            Region = region,
            Grid = Grid(region, parts),
            A = a,
            B = b,
            C = c,
            Refused = &refused,
        };
        _team.Run(job.Grid.Rows * job.Grid.Columns, job);
        return Volatile.Read(ref refused) == 0;
    }

    public void Dispose()
    {
        foreach (IGemmEngine engine in _engines)
        {
            engine.Dispose();
        }
    }

    /// <summary>The grid whose parts pack least: a column of parts packs all of A once, a row of parts all of B.</summary>
    internal static (int Rows, int Columns) Grid(in OutputRegion region, int parts)
    {
        (int Rows, int Columns) best = (1, parts);
        long least = long.MaxValue;
        for (int rows = 1; rows <= parts; rows++)
        {
            long packed = (parts / rows * (long)region.Rows) + (rows * (long)region.Columns);
            if (parts % rows == 0 && packed < least)
            {
                (best, least) = ((rows, parts / rows), packed);
            }
        }

        return best;
    }

    /// <summary>Part index of an even cut in whole units; may be empty.</summary>
    private static (int First, int Count) Cut(int length, int parts, int index, int unit)
    {
        int units = (length + unit - 1) / unit;
        int first = (int)Math.Min((long)units * index / parts * unit, length);
        int end = (int)Math.Min((long)units * (index + 1) / parts * unit, length);
        return (first, end - first);
    }

    private struct Job : ITeamJob
    {
        public IGemmEngine[] Engines;
        public MatMulShape Shape;
        public OutputRegion Region;
        public (int Rows, int Columns) Grid;
        public sbyte* A;
        public sbyte* B;
        public int* C;
        public int* Refused;

        public readonly void Execute(int part, int participant)
        {
            (int firstRow, int rows) = Cut(Region.Rows, Grid.Rows, part / Grid.Columns, RowUnit);
            (int firstColumn, int columns) = Cut(Region.Columns, Grid.Columns, part % Grid.Columns, ColumnUnit);
            OutputRegion region = new(Region.Row + firstRow, rows, Region.Column + firstColumn, columns);
            if (rows > 0 && columns > 0 && !Engines[participant].Multiply(Shape, region, A, B, C))
            {
                Volatile.Write(ref *Refused, 1);
            }
        }
    }
}
