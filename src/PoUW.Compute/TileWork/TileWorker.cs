using System.Runtime.Intrinsics.X86;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// One thread's share of a product: packs a block of columns of B that stays in the second cache, and runs all rows against it. Not
/// thread-safe.
/// </summary>
internal sealed unsafe class TileWorker
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Group = TileKernel.GroupSize;
    private const int BlockBytes = 512 * 1024;
    private const int MaxBlockTiles = 8;
    private readonly PanelPacker _packer = new();
    private readonly TicketBatch _batch = new();
    private readonly List<WinningTile> _wins = [];
    private readonly AlignedBuffer<byte> _packed = new();
    private readonly AlignedBuffer<short> _factors = new();
    private readonly AlignedBuffer<int> _corrections = new();
    private readonly AlignedBuffer<uint> _folds = new();
    private readonly AlignedBuffer<int> _sums = new();
    private readonly AlignedBuffer<int> _edgeTile = new();

    /// <summary>Packs panels of A.</summary>
    public PanelPacker Packer => _packer;

    /// <summary>Winning tiles since <see cref="Clear"/>.</summary>
    public IReadOnlyList<WinningTile> Wins => _wins;

    /// <summary>Tickets drawn since <see cref="Clear"/>.</summary>
    public long Tickets { get; private set; }

    /// <summary>Columns of tiles that a block has.</summary>
    public static int BlockTiles(int paddedInner) => Math.Clamp(BlockBytes / (Edge * paddedInner), 1, MaxBlockTiles);

    /// <summary>Forgets the tickets.</summary>
    public void Clear()
    {
        _wins.Clear();
        Tickets = 0;
    }

    /// <summary>Multiplies all rows by some columns of tiles and writes them.</summary>
    public void Run(TileProduct product, int firstColumn, int columns)
    {
        TileWorkShape shape = product.Shape;
        PrepareB(product, firstColumn, columns);
        _batch.Begin(product.TicketKey);
        for (int tileRow = 0; tileRow < shape.TileRows; tileRow++)
        {
            for (int column = 0; column < columns; column++)
            {
                MultiplyTile(product, tileRow, firstColumn, column, columns);
                WriteTile(product, tileRow, firstColumn, column);
            }
        }

        Scan(product);
    }

    private void PrepareB(TileProduct product, int firstColumn, int columns)
    {
        TileWorkShape shape = product.Shape;
        int inner = shape.PaddedK;
        int terms = 2 * shape.Rank;
        int snapshots = inner / shape.Stride;
        _packed.Reserve(columns * Edge * inner);
        _factors.Reserve(columns * Edge * terms);
        _corrections.Reserve(columns * Edge * snapshots);
        _folds.Reserve(TileWorkParameters.SegmentLength / shape.Stride * Group);
        _sums.Reserve(Edge * Edge);
        _edgeTile.Reserve(Edge * Edge);
        for (int column = 0; column < columns; column++)
        {
            byte* packed = _packed.Pointer + ((nint)column * Edge * inner);
            short* factors = _factors.Pointer + (column * Edge * terms);
            _packer.PackB(product.B, inner, firstColumn + column, product.NoiseB, product.NoiseA, packed, factors);
            for (int group = 0; group < 2; group++)
            {
                for (int segment = 0; segment < shape.Segments; segment++)
                {
                    int start = segment * TileWorkParameters.SegmentLength;
                    product.Kernel.Correct(
                        (sbyte*)packed + (((group * inner) + start) * Group),
                        TileWorkParameters.LengthOfSegment(inner, segment),
                        shape.Stride,
                        Corrections(shape, column, group, start));
                }
            }
        }
    }

    private int* Corrections(in TileWorkShape shape, int column, int group, int start) =>
        _corrections.Pointer + (((((2 * column) + group) * shape.PaddedK) + start) / shape.Stride * Group);

    // The sums are four blocks of 16 x 16: rows 0-15 by columns 0-15 and 16-31, then rows 16-31.
    private void MultiplyTile(TileProduct product, int tileRow, int firstColumn, int column, int columns)
    {
        TileWorkShape shape = product.Shape;
        TileKernel kernel = product.Kernel;
        int inner = shape.PaddedK;
        byte* rows = product.PackedA(tileRow);
        sbyte* packed = (sbyte*)_packed.Pointer + ((nint)column * Edge * inner);
        Ahead ahead = new(product, tileRow, column, columns);
        for (int segment = 0; segment < shape.Segments; segment++)
        {
            int start = segment * TileWorkParameters.SegmentLength;
            int length = TileWorkParameters.LengthOfSegment(inner, segment);
            Span<uint> folds = _folds.Span[..(length / shape.Stride * Group)];
            folds.Clear();
            if (segment == shape.Segments - 1)
            {
                PrefetchTile(product, tileRow, firstColumn + column);
            }

            for (int step = 0; step < 4; step++)
            {
                // Every product shares a group with the one before, which is then still in the first cache.
                int part = step ^ (step >> 1);
                (int rowGroup, int columnGroup) = (part / 2, part % 2);
                ahead.Next();
                kernel.Segment(
                    rows + (((rowGroup * inner) + start) * Group),
                    packed + (((columnGroup * inner) + start) * Group),
                    Corrections(shape, column, columnGroup, start),
                    length,
                    shape.Stride,
                    _folds.Pointer,
                    _sums.Pointer + (part * TileKernel.GroupSums),
                    add: segment > 0);
            }

            _batch.Add(folds, tileRow, firstColumn + column, segment);
            if (_batch.IsFull)
            {
                Scan(product);
            }
        }
    }

    // The lines of the result come from memory while the sums are being computed.
    private static void PrefetchTile(TileProduct product, int tileRow, int tileColumn)
    {
        TileWorkShape shape = product.Shape;
        int height = Math.Min(Edge, shape.M - (tileRow * Edge));
        unchecked // Addresses stay near the result; a prefetch cannot fault.
        {
            int* target = product.C + ((nint)tileRow * Edge * shape.N) + (tileColumn * Edge);
            for (int row = 0; row < height && Sse.IsSupported; row++, target += shape.N)
            {
                Sse.Prefetch0(target);
                Sse.Prefetch0(target + Group);
            }
        }
    }

    // Takes the noise off, straight into the result; a tile that reaches beyond it takes a detour.
    private void WriteTile(TileProduct product, int tileRow, int firstColumn, int column)
    {
        TileWorkShape shape = product.Shape;
        int height = Math.Min(Edge, shape.M - (tileRow * Edge));
        int width = Math.Min(Edge, shape.N - ((firstColumn + column) * Edge));
        int* result = product.C + ((nint)tileRow * Edge * shape.N) + ((firstColumn + column) * Edge);
        if (height == Edge && width == Edge)
        {
            Denoise(product, tileRow, column, result, shape.N);
            return;
        }

        Denoise(product, tileRow, column, _edgeTile.Pointer, Edge);
        for (int row = 0; row < height; row++)
        {
            _edgeTile.Span.Slice(row * Edge, width).CopyTo(new Span<int>(result + ((nint)row * shape.N), width));
        }
    }

    private void Denoise(TileProduct product, int tileRow, int column, int* target, nint stride)
    {
        int terms = 2 * product.Shape.Rank;
        short* left = product.FactorsA(tileRow);
        short* right = _factors.Pointer + (column * Edge * terms);
        product.Kernel.Denoise(left, right, terms, _sums.Pointer, target, stride);
        product.Kernel.Denoise(
            left + (Group * terms), right, terms, _sums.Pointer + (2 * TileKernel.GroupSums), target + (Group * stride), stride);
    }

    private void Scan(TileProduct product)
    {
        int count = _batch.Flush();
        for (int i = 0; i < count; i++)
        {
            (int tileRow, int tileColumn, int segment) = _batch.Position(i);
            bool full = TileWorkParameters.LengthOfSegment(product.Shape.PaddedK, segment) == TileWorkParameters.SegmentLength;
            Hash256 ticket = _batch.Ticket(i);
            if (ticket <= (full ? product.FullThreshold : product.HalfThreshold))
            {
                _wins.Add(new WinningTile(tileRow, tileColumn, segment, _batch.State(i), ticket));
            }
        }

        Tickets += count;
    }

    /// <summary>
    /// Fetches the next 32 rows of A' into the second cache, a little at every step of the present ones: they come from far away, and the
    /// processor notices too late that they are wanted.
    /// </summary>
    private ref struct Ahead
    {
        private const int Line = 64;
        private readonly int _bytes;
        private byte* _next;

        public Ahead(TileProduct product, int tileRow, int column, int columns)
        {
            TileWorkShape shape = product.Shape;
            int steps = 4 * shape.Segments * columns;
            _bytes = tileRow + 1 < shape.TileRows && Sse.IsSupported ? (Edge * shape.PaddedK / steps) + Line : 0;
            _next = _bytes == 0 ? null : product.PackedA(tileRow + 1) + ((nint)column * Edge * shape.PaddedK / columns);
        }

        public void Next()
        {
            unchecked // A prefetch cannot fault.
            {
                for (byte* end = _next + _bytes; _next < end; _next += Line)
                {
                    Sse.Prefetch1(_next);
                }
            }
        }
    }
}
