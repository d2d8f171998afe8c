using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// One product under one template: what the threads that share it read. The rows of A' are packed once and serve all columns. Buffers are
/// reused from product to product.
/// </summary>
internal sealed unsafe class TileProduct(TileKernel kernel) : IDisposable
{
    private const int Edge = TileWorkParameters.TileSize;
    private readonly AlignedBuffer<byte> _packedA = new();
    private readonly AlignedBuffer<short> _factorsA = new();

    /// <summary>The kernel.</summary>
    public TileKernel Kernel { get; } = kernel;

    /// <summary>True dimensions.</summary>
    public TileWorkShape Shape { get; private set; }

    /// <summary>Stored A.</summary>
    public StoredOperand A { get; private set; }

    /// <summary>Stored B.</summary>
    public StoredOperand B { get; private set; }

    /// <summary>The result, row-major.</summary>
    public int* C { get; private set; }

    /// <summary>Noise of A under the present template.</summary>
    public OperandNoise NoiseA { get; } = new();

    /// <summary>Noise of B under the present template.</summary>
    public OperandNoise NoiseB { get; } = new();

    /// <summary>The key of the tickets.</summary>
    public Hash256 TicketKey { get; private set; }

    /// <summary>Largest winning ticket of a full segment; zero when none is to win.</summary>
    public Hash256 FullThreshold { get; private set; }

    /// <summary>Largest winning ticket of a segment of 512.</summary>
    public Hash256 HalfThreshold { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        NoiseA.Dispose();
        NoiseB.Dispose();
    }

    /// <summary>Sets the operands, which must stay pinned until the product is done.</summary>
    public void Begin(in TileWorkShape shape, sbyte* a, sbyte* b, int* c)
    {
        Shape = shape;
        A = new StoredOperand(a, shape.M, shape.K, shape.TransposeA);
        B = new StoredOperand(b, shape.N, shape.K, !shape.TransposeB);
        C = c;
        _packedA.Reserve(checked(shape.TileRows * Edge * shape.PaddedK));
        _factorsA.Reserve(checked(shape.TileRows * Edge * 2 * shape.Rank));
    }

    /// <summary>Derives the seeds of a template and expands the noise. The rows of A have to be packed anew.</summary>
    public void Seed(WorkTemplate template, Hash256 tagA, Hash256 tagB)
    {
        TileWorkSeeds seeds = TileWorkSeeds.Derive(template.Sigma, Shape, tagA, tagB, template.Binding);
        TicketKey = seeds.TicketKey;
        NoiseA.Expand(seeds.SeedA, Shape.Rank, Shape.PaddedK, Shape.TileRows * Edge);
        NoiseB.Expand(seeds.SeedB, Shape.Rank, Shape.PaddedK, Shape.TileColumns * Edge);

        // A target that overflows wins nothing: no verifier would take the certificate.
        WorkTarget.TryThreshold(template.Target, TileWorkParameters.UnitMacs, out Hash256 full);
        WorkTarget.TryThreshold(template.Target, TileWorkParameters.UnitMacs / 2, out Hash256 half);
        (FullThreshold, HalfThreshold) = (full, half);
    }

    /// <summary>32 packed rows of A'.</summary>
    public byte* PackedA(int tileRow) => _packedA.Pointer + ((nint)tileRow * Edge * Shape.PaddedK);

    /// <summary>The left factors of 32 rows.</summary>
    public short* FactorsA(int tileRow) => _factorsA.Pointer + ((nint)tileRow * Edge * 2 * Shape.Rank);

    /// <summary>Packs 32 rows of A.</summary>
    public void PackA(PanelPacker packer, int tileRow) =>
        packer.PackA(A, Shape.PaddedK, tileRow, NoiseA, NoiseB, Kernel.BiasA, PackedA(tileRow), FactorsA(tileRow));
}
