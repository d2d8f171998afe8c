using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Multiplies two int8 matrices exactly and draws a lottery ticket from every tile on the way: commits the operands, adds noise, multiplies
/// with snapshots, scans the tickets and takes the noise off again. One thread at a time; the counters may be read from any thread. Its
/// buffers grow to the largest product and are reused.
/// </summary>
public sealed unsafe class TileWorkMiner : IDisposable
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int Group = TileKernel.GroupColumns;
    private readonly TileKernel _kernel;
    private readonly MatrixTree _treeA = new();
    private readonly MatrixTree _treeB = new();
    private readonly NoisedOperand _operandA = new();
    private readonly NoisedOperand _operandB = new();
    private readonly TicketBatch _batch = new();
    private readonly AlignedBuffer<byte> _noisedA = new();
    private readonly AlignedBuffer<sbyte> _packedB = new();
    private readonly AlignedBuffer<int> _corrections = new();
    private readonly AlignedBuffer<short> _left = new();
    private readonly AlignedBuffer<short> _right = new();
    private readonly AlignedBuffer<short> _compressed = new();
    private readonly AlignedBuffer<uint> _folds = new();
    private readonly AlignedBuffer<int> _sums = new();
    private ExclusiveUse _use;
    private long _ticketsDrawn;
    private long _macsTicketed;
    private long _certificatesFound;

    /// <summary>Picks a kernel and tests it against the pinned vector and at the ends of the number range.</summary>
    /// <param name="kind">The kernel; <see cref="TileKernelKind.Auto"/> falls back to the portable one if the fast one fails its test.</param>
    /// <exception cref="PouwException">The kernel asked for is not available here, or gives wrong results.</exception>
    public TileWorkMiner(TileKernelKind kind = TileKernelKind.Auto)
    {
        if (kind == TileKernelKind.Vnni && !VnniTileKernel.IsSupported)
        {
            throw new PouwException("This processor has no AVX-VNNI.");
        }

        bool vnni = kind == TileKernelKind.Vnni || (kind == TileKernelKind.Auto && VnniTileKernel.IsSupported);
        if (vnni && TileWorkSelfTest.Passes(new VnniTileKernel()))
        {
            (_kernel, Kernel) = (new VnniTileKernel(), TileKernelKind.Vnni);
            return;
        }

        if (kind == TileKernelKind.Vnni || !TileWorkSelfTest.Passes(new PortableTileKernel()))
        {
            throw new PouwException($"The tile-work kernel fails its self-test on this machine ({kind}); mining would yield invalid blocks.");
        }

        (_kernel, Kernel) = (new PortableTileKernel(), TileKernelKind.Portable);
    }

    /// <summary>For the self-test only: takes the kernel as it is.</summary>
    internal TileWorkMiner(TileKernel kernel) => _kernel = kernel;

    /// <summary>The kernel in use.</summary>
    public TileKernelKind Kernel { get; }

    /// <summary>Tickets drawn so far.</summary>
    public long TicketsDrawn => Interlocked.Read(ref _ticketsDrawn);

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => Interlocked.Read(ref _macsTicketed);

    /// <summary>Winning tickets found so far.</summary>
    public long CertificatesFound => Interlocked.Read(ref _certificatesFound);

    /// <summary>
    /// True if our rules let a product draw tickets: true inner dimension at least 512, outer ones at least 32, within the consensus limits,
    /// all operands in [-63, 63].
    /// </summary>
    public static bool IsEligible(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b)
    {
        const sbyte limit = TileWorkParameters.MaxMinedMagnitude;
        return shape.K >= TileWorkParameters.MinMinedInner
            && shape.M >= TileWorkParameters.MinMinedOuter
            && shape.N >= TileWorkParameters.MinMinedOuter
            && shape.Validate().IsValid
            && !a.ContainsAnyExceptInRange((sbyte)-limit, limit)
            && !b.ContainsAnyExceptInRange((sbyte)-limit, limit);
    }

    /// <summary>Multiplies and draws. The result equals A * B exactly, whatever the tickets.</summary>
    /// <param name="shape">True dimensions, within the consensus limits.</param>
    /// <param name="a">Stored A, row-major, entries in [-64, 63].</param>
    /// <param name="b">Stored B, row-major, entries in [-64, 63].</param>
    /// <param name="c">Receives M x N sums.</param>
    /// <param name="template">What to mine on.</param>
    /// <param name="sink">Gets every winning certificate, after our own verification, on this thread.</param>
    /// <exception cref="ArgumentException">The shape is not valid, or a span has the wrong length.</exception>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="PouwException">An own certificate fails verification.</exception>
    public void Multiply(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c, WorkTemplate template, ITicketSink sink)
    {
        CheckArguments(shape, a, b, c);
        _use.Enter(this);
        try
        {
            _treeA.Compute(a, shape.StoredRowsA, shape.StoredColumnsA);
            _treeB.Compute(b, shape.StoredRowsB, shape.StoredColumnsB);
            Run(shape, a, _treeA, b, _treeB, c, template, sink);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <summary>The same with commitments that the caller made of exactly these operands.</summary>
    internal void Multiply(
        in TileWorkShape shape,
        ReadOnlySpan<sbyte> a,
        MatrixTree treeA,
        ReadOnlySpan<sbyte> b,
        MatrixTree treeB,
        Span<int> c,
        WorkTemplate template,
        ITicketSink sink)
    {
        CheckArguments(shape, a, b, c);
        _use.Enter(this);
        try
        {
            Run(shape, a, treeA, b, treeB, c, template, sink);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _operandA.Dispose();
        _operandB.Dispose();
    }

    private static void CheckArguments(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        ValidationResult valid = shape.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(shape));
        }

        if (a.Length != (long)shape.M * shape.K || b.Length != (long)shape.K * shape.N || c.Length != (long)shape.M * shape.N)
        {
            throw new ArgumentException($"The operands do not fit {shape}.", nameof(a));
        }
    }

    private void Run(
        in TileWorkShape shape,
        ReadOnlySpan<sbyte> a,
        MatrixTree treeA,
        ReadOnlySpan<sbyte> b,
        MatrixTree treeB,
        Span<int> c,
        WorkTemplate template,
        ITicketSink sink)
    {
        TileWorkSeeds seeds = TileWorkSeeds.Derive(template.Sigma, shape, treeA.Tag, treeB.Tag, template.Binding);
        var operation = new Operation(shape, a, treeA, b, treeB, template, sink);
        _batch.Begin(seeds.TicketKey);
        _operandA.Expand(seeds.SeedA, shape.Rank, shape.PaddedK, shape.TileRows * Edge);
        _operandB.Expand(seeds.SeedB, shape.Rank, shape.PaddedK, shape.TileColumns * Edge);
        ReserveBuffers(shape);
        for (int tileRow = 0; tileRow < shape.TileRows; tileRow++)
        {
            PrepareA(shape, a, tileRow);
        }

        for (int tileColumn = 0; tileColumn < shape.TileColumns; tileColumn++)
        {
            PrepareB(shape, b, tileColumn);
            for (int tileRow = 0; tileRow < shape.TileRows; tileRow++)
            {
                MultiplyTile(operation, tileRow, tileColumn);
                WriteTile(shape, tileRow, tileColumn, c);
            }
        }

        Scan(operation);
        Interlocked.Add(ref _macsTicketed, shape.PaddedMacs);
    }

    private void ReserveBuffers(in TileWorkShape shape)
    {
        int terms = 2 * shape.Rank;
        _noisedA.Reserve(checked(shape.TileRows * Edge * shape.PaddedK));
        _left.Reserve(checked(shape.TileRows * Edge * terms));
        _packedB.Reserve(Edge * shape.PaddedK);
        _right.Reserve(Edge * terms);
        _compressed.Reserve(shape.Rank);
        _corrections.Reserve(2 * shape.PaddedK / shape.Stride * Group);
        _folds.Reserve(TileWorkParameters.SegmentLength / shape.Stride * Group);
        _sums.Reserve(Edge * Edge);
    }

    // Rows of A': noised and biased for the kernel; beside them [A F_L | U], the left factor of the correction.
    private void PrepareA(in TileWorkShape shape, ReadOnlySpan<sbyte> a, int tileRow)
    {
        int rank = shape.Rank;
        _operandA.Load(a, shape.M, shape.K, shape.TransposeA, tileRow);
        for (int i = 0; i < Edge; i++)
        {
            int row = (tileRow * Edge) + i;
            short* left = _left.Pointer + ((nint)row * 2 * rank);
            _operandB.Compress(_operandA.Panel + ((nint)i * shape.PaddedK), left);
            sbyte* dense = _operandA.Dense + ((nint)row * rank);
            for (int p = 0; p < rank; p++)
            {
                left[rank + p] = dense[p];
            }

            _operandA.AddNoise(i, row, _kernel.BiasA, (sbyte*)_noisedA.Pointer + ((nint)row * shape.PaddedK));
        }
    }

    // Columns of B' of one tile: noised, packed in two groups; beside them [V ; E_R B'], the right factor of the correction.
    private void PrepareB(in TileWorkShape shape, ReadOnlySpan<sbyte> b, int tileColumn)
    {
        int rank = shape.Rank;
        int inner = shape.PaddedK;
        _operandB.Load(b, shape.N, shape.K, !shape.TransposeB, tileColumn);
        for (int j = 0; j < Edge; j++)
        {
            int column = (tileColumn * Edge) + j;
            sbyte* vector = _operandB.Panel + ((nint)j * inner);
            _operandB.AddNoise(j, column, 0, vector);
            _operandA.Compress(vector, _compressed.Pointer);
            FillRight(_operandB.Dense + ((nint)column * rank), rank, j);
        }

        for (int group = 0; group < 2; group++)
        {
            uint* source = (uint*)(_operandB.Panel + ((nint)group * Group * inner));
            sbyte* packed = _packedB.Pointer + ((nint)group * Group * inner);
            for (int word = 0; word < inner / 4; word += 16)
            {
                WordTranspose.Run(source + word, inner / 4, (uint*)packed + (word * Group));
            }

            for (int segment = 0; segment < shape.Segments; segment++)
            {
                int start = segment * TileWorkParameters.SegmentLength;
                _kernel.Correct(
                    packed + (start * Group), TileWorkParameters.LengthOfSegment(inner, segment), shape.Stride, Corrections(shape, group, start));
            }
        }
    }

    private int* Corrections(in TileWorkShape shape, int group, int start) =>
        _corrections.Pointer + (((group * shape.PaddedK) + start) / shape.Stride * Group);

    private void FillRight(sbyte* dense, int rank, int column)
    {
        (int group, int lane) = Math.DivRem(column, Group);
        short* right = _right.Pointer + (group * 2 * rank * Group) + (lane * 2);
        for (int p = 0; p < rank; p += 2)
        {
            right[p * Group] = dense[p];
            right[(p * Group) + 1] = dense[p + 1];
            right[(rank + p) * Group] = _compressed.Pointer[p];
            right[((rank + p) * Group) + 1] = _compressed.Pointer[p + 1];
        }
    }

    private void MultiplyTile(in Operation operation, int tileRow, int tileColumn)
    {
        TileWorkShape shape = operation.Shape;
        int inner = shape.PaddedK;
        _sums.Span.Clear();
        byte* rows = _noisedA.Pointer + ((nint)tileRow * Edge * inner);
        for (int segment = 0; segment < shape.Segments; segment++)
        {
            int start = segment * TileWorkParameters.SegmentLength;
            int length = TileWorkParameters.LengthOfSegment(inner, segment);
            Span<uint> folds = _folds.Span[..(length / shape.Stride * Group)];
            folds.Clear();
            for (int group = 0; group < 2; group++)
            {
                sbyte* packed = _packedB.Pointer + ((((nint)group * inner) + start) * Group);
                int* sums = _sums.Pointer + (group * Edge * Group);
                _kernel.Segment(rows + start, inner, packed, Corrections(shape, group, start), length, shape.Stride, _folds.Pointer, sums);
            }

            _batch.Add(folds, tileRow, tileColumn, segment);
            if (_batch.IsFull)
            {
                Scan(operation);
            }
        }

        int terms = 2 * shape.Rank;
        short* left = _left.Pointer + ((nint)tileRow * Edge * terms);
        _kernel.Denoise(left, _right.Pointer, terms, _sums.Pointer);
        _kernel.Denoise(left, _right.Pointer + (terms * Group), terms, _sums.Pointer + (Edge * Group));
    }

    private void WriteTile(in TileWorkShape shape, int tileRow, int tileColumn, Span<int> c)
    {
        int height = Math.Min(Edge, shape.M - (tileRow * Edge));
        for (int group = 0; group < 2; group++)
        {
            int column = (tileColumn * Edge) + (group * Group);
            int width = Math.Min(Group, shape.N - column);
            for (int row = 0; row < height && width > 0; row++)
            {
                _sums.Span.Slice(((group * Edge) + row) * Group, width).CopyTo(c[((((tileRow * Edge) + row) * shape.N) + column)..]);
            }
        }
    }

    private void Scan(in Operation operation)
    {
        int count = _batch.Flush();
        for (int i = 0; i < count; i++)
        {
            bool full = TileWorkParameters.LengthOfSegment(operation.Shape.PaddedK, _batch.Position(i).Segment)
                == TileWorkParameters.SegmentLength;
            if (_batch.Ticket(i) <= (full ? operation.FullThreshold : operation.HalfThreshold))
            {
                Certify(operation, i);
            }
        }

        Interlocked.Add(ref _ticketsDrawn, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Certify(in Operation operation, int index)
    {
        (int tileRow, int tileColumn, int segment) = _batch.Position(index);
        var data = new WorkPublicData
        {
            Shape = operation.Shape,
            RootA = operation.TreeA.Root,
            RootB = operation.TreeB.Root,
            TileRow = tileRow,
            TileColumn = tileColumn,
            Segment = segment,
            State = _batch.State(index),
            Bound = operation.Template.IsBound,
            Binding = operation.Template.Binding,
        };
        byte[] witness = new WorkWitness(operation.Shape, tileRow, tileColumn, segment)
            .Build(operation.A, operation.TreeA.Tree, operation.B, operation.TreeB.Tree);
        var certificate = new WorkCertificate(data.Encode(), witness);
        WorkTemplate template = operation.Template;
        ValidationResult result = WorkVerifier.Verify(template, certificate, out Hash256 ticket);
        if (!result.IsValid || ticket != _batch.Ticket(index))
        {
            throw new PouwException($"A winning tile of our own fails verification: {result}. The kernel or the memory of this machine is faulty.");
        }

        Interlocked.Increment(ref _certificatesFound);
        operation.Sink.Submit(template, certificate);
    }

    private readonly ref struct Operation
    {
        public Operation(
            in TileWorkShape shape,
            ReadOnlySpan<sbyte> a,
            MatrixTree treeA,
            ReadOnlySpan<sbyte> b,
            MatrixTree treeB,
            WorkTemplate template,
            ITicketSink sink)
        {
            Shape = shape;
            A = a;
            TreeA = treeA;
            B = b;
            TreeB = treeB;
            Template = template;
            Sink = sink;

            // A target that overflows wins nothing: no verifier would take the certificate.
            WorkTarget.TryThreshold(template.Target, TileWorkParameters.UnitMacs, out Hash256 full);
            WorkTarget.TryThreshold(template.Target, TileWorkParameters.UnitMacs / 2, out Hash256 half);
            (FullThreshold, HalfThreshold) = (full, half);
        }

        public TileWorkShape Shape { get; }

        public ReadOnlySpan<sbyte> A { get; }

        public MatrixTree TreeA { get; }

        public ReadOnlySpan<sbyte> B { get; }

        public MatrixTree TreeB { get; }

        public WorkTemplate Template { get; }

        public ITicketSink Sink { get; }

        public Hash256 FullThreshold { get; }

        public Hash256 HalfThreshold { get; }
    }
}
