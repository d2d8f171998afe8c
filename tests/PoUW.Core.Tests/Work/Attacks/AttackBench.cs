using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>One product under one header: the reference miner, the whole noised operands, and claims of any state to the verifier.</summary>
internal sealed class AttackBench
{
    private readonly WorkTemplate _template;
    private readonly sbyte[] _a;
    private readonly sbyte[] _b;
    private readonly MatrixCommitment _commitmentA;
    private readonly MatrixCommitment _commitmentB;

    private AttackBench(in TileWorkShape shape, sbyte[] a, sbyte[] b, WorkTemplate template)
    {
        (Shape, _a, _b, _template) = (shape, a, b, template);
        Oracle = new TileWorkOracle(shape, a, b, template);
        Product = NoisedProduct.Of(shape, Oracle.Seeds, a, b);
        _commitmentA = MatrixCommitment.Compute(a, shape.M, shape.K);
        _commitmentB = MatrixCommitment.Compute(b, shape.K, shape.N);
    }

    private static WorkTemplate AnyTemplate => WorkTemplate.Unbound(1, TileWorkVector.Header, BigInteger.One);

    public TileWorkShape Shape { get; }

    public TileWorkOracle Oracle { get; }

    public NoisedProduct Product { get; }

    /// <summary>Every claimed state, right or wrong, gives a ticket below this target.</summary>
    public BigInteger EasyTarget(int segment) => (WorkTarget.TicketSpace - 1) / Shape.UnitMacs(segment);

    /// <summary>Operands of zeros, the best case for every shortcut known.</summary>
    public static AttackBench Zero(int m, int n, int k) =>
        new(new TileWorkShape(m, n, k, false, false), new sbyte[m * k], new sbyte[k * n], AnyTemplate);

    /// <summary>Uniform operands in [-64, 63].</summary>
    public static AttackBench Uniform(int m, int n, int k, int seed)
    {
        var random = new Random(seed);
        sbyte[] a = Entries(m * k, random);
        return new AttackBench(new TileWorkShape(m, n, k, false, false), a, Entries(k * n, random), AnyTemplate);
    }

    /// <summary>The same operands under another header.</summary>
    public AttackBench Under(WorkTemplate template) => new(Shape, _a, _b, template);

    /// <summary>The same product but for one entry of A.</summary>
    public AttackBench WithEntry(int row, int inner, sbyte value)
    {
        sbyte[] a = [.. _a];
        a[(row * Shape.K) + inner] = value;
        return new AttackBench(Shape, a, _b, _template);
    }

    /// <summary>A certificate that opens the committed operands and claims a state for a tile.</summary>
    public WorkCertificate Claim(int tileRow, int tileColumn, int segment, uint[] state)
    {
        var data = new WorkPublicData
        {
            Shape = Shape,
            RootA = _commitmentA.Root,
            RootB = _commitmentB.Root,
            TileRow = tileRow,
            TileColumn = tileColumn,
            Segment = segment,
            State = state,
            Bound = _template.IsBound,
            Binding = _template.Binding,
        };
        byte[] witness = new WorkWitness(Shape, tileRow, tileColumn, segment).Build(_a, _commitmentA.Tree.Span, _b, _commitmentB.Tree.Span);
        return new WorkCertificate(data.Encode(), witness);
    }

    /// <summary>What a node says to a certificate.</summary>
    public ValidationResult Verify(WorkCertificate certificate, BigInteger target) =>
        WorkVerifier.Verify(_template with { Target = target }, certificate, out Hash256 _);

    /// <summary>What a node says to a claimed state when every ticket wins.</summary>
    public ValidationResult Judge(int tileRow, int tileColumn, int segment, uint[] state) =>
        Verify(Claim(tileRow, tileColumn, segment, state), EasyTarget(segment));

    private static sbyte[] Entries(int count, Random random)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return Array.ConvertAll(bytes, value => (sbyte)((value & 127) - 64));
    }
}
