using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// The inner kernel alone on operands that were packed beforehand: no commitment, no noise, no snapshots, no tickets. It is the yardstick
/// for the cost of mining; its sums are the padded product. Not thread-safe.
/// </summary>
public sealed unsafe class PlainProduct
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Group = TileKernel.GroupColumns;
    private readonly TileKernel _kernel;
    private readonly TileWorkShape _shape;
    private readonly AlignedBuffer<byte> _rows = new();
    private readonly AlignedBuffer<sbyte> _packed = new();
    private readonly AlignedBuffer<int> _sums = new();
    private readonly AlignedBuffer<int> _corrections = new();
    private readonly AlignedBuffer<uint> _folds = new();

    /// <summary>Packs the operands.</summary>
    /// <param name="kind">The kernel; it must be available on this machine.</param>
    /// <param name="shape">True dimensions.</param>
    /// <param name="a">Stored A.</param>
    /// <param name="b">Stored B.</param>
    public PlainProduct(TileKernelKind kind, in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        _kernel = kind == TileKernelKind.Vnni ? new VnniTileKernel() : new PortableTileKernel();
        _shape = shape;
        int inner = shape.PaddedK;
        _rows.Reserve(shape.TileRows * Edge * inner);
        _packed.Reserve(shape.TileColumns * Edge * inner);
        _sums.Reserve(shape.TileRows * shape.TileColumns * Edge * Edge);
        _corrections.Reserve(shape.TileColumns * 2 * shape.Segments * Group);
        _folds.Reserve(Group);
        using var operand = new NoisedOperand();
        PackA(operand, a);
        PackB(operand, b);
    }

    /// <summary>Multiplies once.</summary>
    public void Run()
    {
        _sums.Span.Clear();
        int inner = _shape.PaddedK;
        for (int group = 0; group < 2 * _shape.TileColumns; group++)
        {
            for (int tileRow = 0; tileRow < _shape.TileRows; tileRow++)
            {
                int* sums = _sums.Pointer + (((group * _shape.TileRows) + tileRow) * Edge * Group);
                for (int segment = 0; segment < _shape.Segments; segment++)
                {
                    int start = segment * TileWorkParameters.SegmentLength;
                    int length = TileWorkParameters.LengthOfSegment(inner, segment);
                    byte* rows = _rows.Pointer + ((nint)tileRow * Edge * inner) + start;
                    sbyte* packed = _packed.Pointer + ((((nint)group * inner) + start) * Group);
                    _kernel.Segment(rows, inner, packed, Correction(group, segment), length, length, _folds.Pointer, sums);
                }
            }
        }

        GC.KeepAlive(this); // The buffers are collected with it, and pointers do not hold them.
    }

    /// <summary>One sum of the last run.</summary>
    public int this[int row, int column] =>
        _sums.Pointer[((((((column / Group) * _shape.TileRows) + (row / Edge)) * Edge) + (row % Edge)) * Group) + (column % Group)];

    private int* Correction(int group, int segment) => _corrections.Pointer + (((group * _shape.Segments) + segment) * Group);

    private void PackA(NoisedOperand operand, ReadOnlySpan<sbyte> a)
    {
        int inner = _shape.PaddedK;
        operand.Expand(default, _shape.Rank, inner, Edge);
        for (int tileRow = 0; tileRow < _shape.TileRows; tileRow++)
        {
            operand.Load(a, _shape.M, _shape.K, _shape.TransposeA, tileRow);
            Span<byte> target = _rows.Span.Slice(tileRow * Edge * inner, Edge * inner);
            new Span<byte>(operand.Panel, Edge * inner).CopyTo(target);
            foreach (ref byte entry in target)
            {
                entry ^= _kernel.BiasA;
            }
        }
    }

    private void PackB(NoisedOperand operand, ReadOnlySpan<sbyte> b)
    {
        int inner = _shape.PaddedK;
        for (int group = 0; group < 2 * _shape.TileColumns; group++)
        {
            operand.Load(b, _shape.N, _shape.K, !_shape.TransposeB, group / 2);
            uint* source = (uint*)(operand.Panel + (group % 2 * Group * inner));
            sbyte* packed = _packed.Pointer + ((nint)group * Group * inner);
            for (int word = 0; word < inner / 4; word += 16)
            {
                WordTranspose.Run(source + word, inner / 4, (uint*)packed + (word * Group));
            }

            for (int segment = 0; segment < _shape.Segments; segment++)
            {
                int length = TileWorkParameters.LengthOfSegment(inner, segment);
                _kernel.Correct(packed + (segment * TileWorkParameters.SegmentLength * Group), length, length, Correction(group, segment));
            }
        }
    }
}
