using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>The oracle, which shares no code with them, against the types that the node runs.</summary>
public sealed class TileWorkOracleTests
{
    [FsCheck.NUnit.Property(MaxTest = 40)]
    public bool CommitmentsAreThoseOfTheTree(byte rows, byte columns, int seed)
    {
        var shape = new TileWorkShape(1 + (rows % 140), 1, 1 + (columns % 140), false, false);
        sbyte[] a = WorkSample.Operand(shape.M * shape.K, new Random(seed));
        var oracle = new TileWorkOracle(shape, a, new sbyte[shape.K], 1, []);
        MatrixCommitment commitment = MatrixCommitment.Compute(a, shape.M, shape.K);
        return oracle.A == (commitment.Root, commitment.Tag);
    }

    [FsCheck.NUnit.Property(MaxTest = 40)]
    public bool SeedsAreThoseOfTheChainOfSeeds(int m, int n, ushort k, bool transposeA, bool transposeB, ulong step)
    {
        var shape = new TileWorkShape(1 + (m & 31), 1 + (n & 31), 1 + (k % 8192), transposeA, transposeB);
        WorkTemplate template = WorkSample.Bound(step);
        var oracle = new TileWorkOracle(shape, new sbyte[shape.M * shape.K], new sbyte[shape.N * shape.K], template);
        return oracle.Seeds == TileWorkSeeds.Derive(template.Sigma, shape, oracle.A.Tag, oracle.B.Tag, template.Binding);
    }

    [Test]
    public void TemplatesBindWhatTheSpecificationSays()
    {
        byte[] header = [9, 8, 7];
        Assert.That(WorkTemplate.Unbound(5, header, 1).Sigma, Is.EqualTo(TileWorkOracle.H("TW1/sigma", (byte)0, 5UL, header)));
        (Hash256 job, Hash256 parent) = (Hash256.Sha256([2]), Hash256.Sha256([1]));
        byte[] miner = Hash256.Sha256([3]).ToArray()[..20];
        Hash256 lease = TileWorkOracle.H("TW1/lease", job, 3UL, 4UL);
        WorkTemplate bound = WorkSample.Bound();
        Assert.That(bound.Sigma, Is.EqualTo(TileWorkOracle.H("TW1/sigma", (byte)1, 7UL, 12UL, parent, 0x1f00ffffU, lease, miner)));
        Assert.That(bound.Binding, Is.EqualTo(TileWorkOracle.H("TW1/bind", lease, job, 5UL, 6U)));
        Assert.That(new BoundClaim(job, 3, 4, 5, 6).Nullifier, Is.EqualTo(TileWorkOracle.H("TW1/op", job, 5UL, 6U)));
        Assert.That(OperationDigest.Of(job, parent), Is.EqualTo(TileWorkOracle.H("TW1/operands", job, parent)));
    }

    [Test]
    public void NoiseIsThatOfTheNoiseSource([Values(32, 64)] int rank, [Values(0, 1, 77, 131_071)] int first)
    {
        var seed = Hash256.Sha256([(byte)rank]);
        using var source = new NoiseSource(seed, rank);
        sbyte[] rows = new sbyte[3 * rank];
        byte[] permutations = new byte[100 * rank];
        source.DenseRows(first, rows);
        source.Permutations(first, permutations);
        int[] expected = [.. Enumerable.Range(first, 3).SelectMany(i => TileWorkOracle.DenseRow(seed, rank, i))];
        int[] strips = [.. Enumerable.Range(first, 100).SelectMany(t => TileWorkOracle.Permutation(seed, rank, t))];
        Assert.That(rows.Select(x => (int)x), Is.EqualTo(expected));
        Assert.That(permutations.Select(x => (int)x), Is.EqualTo(strips));
    }

    [FsCheck.NUnit.Property(MaxTest = 15)]
    public bool CertificatesVerifyWithTheSameTicket(int seed)
    {
        WorkSample sample = WorkSample.Random(new Random(seed));
        bool valid = WorkVerifier.Verify(sample.Template, sample.Certificate, out Hash256 ticket).IsValid;
        WorkPublicData.TryDecode(sample.Certificate.PublicData.Span, out WorkPublicData? data);
        return valid && data!.Encode().AsSpan().SequenceEqual(sample.Certificate.PublicData.Span)
            && ticket == sample.Oracle.Ticket(sample.TileRow, sample.TileColumn, sample.Segment)
            && ticket == sample.Oracle.Seeds.Ticket(data.State.Span, sample.TileRow, sample.TileColumn, sample.Segment);
    }

    [TestCase(1, 1, 1, false, false)]
    [TestCase(33, 40, 33, true, false)]
    [TestCase(20, 34, 784, false, true)]
    [TestCase(5, 6, 4096, true, true)]
    public void NoiseComesOffExactly(int m, int n, int k, bool transposeA, bool transposeB)
    {
        var shape = new TileWorkShape(m, n, k, transposeA, transposeB);
        var random = new Random(k);
        sbyte[] a = WorkSample.Operand(m * k, random), b = WorkSample.Operand(n * k, random);
        int[] expected = [.. Enumerable.Range(0, m * n).Select(cell => Enumerable.Range(0, k).Sum(l =>
            a[transposeA ? (l * m) + (cell / n) : (cell / n * k) + l] * b[transposeB ? (cell % n * k) + l : (l * n) + (cell % n)]))];
        Assert.That(new TileWorkOracle(shape, a, b, WorkSample.Bound()).Product(), Is.EqualTo(expected));
    }

    [Test]
    public void SearchFindsTheFirstWinner()
    {
        TileWorkOracle oracle = TileWorkVector.Oracle(new TileWorkShape(64, 64, 1500, false, false));
        var all = Enumerable.Range(0, 8).Select(t => (I: t / 4, J: t / 2 % 2, G: t % 2)).ToArray();
        BigInteger Need((int I, int J, int G) t) =>
            (Number(oracle.Ticket(t.I, t.J, t.G)) + oracle.Shape.UnitMacs(t.G) - 1) / oracle.Shape.UnitMacs(t.G);
        BigInteger easiest = all.Min(Need);
        Assert.That(oracle.Search(easiest - 1), Is.Null);
        WorkPublicData.TryDecode(oracle.Search(easiest)!.PublicData.Span, out WorkPublicData? found);
        Assert.That((found!.TileRow, found.TileColumn, found.Segment), Is.EqualTo(all.MinBy(Need)));
        BigInteger second = all.Select(Need).Order().ElementAt(1);
        WorkPublicData.TryDecode(oracle.Search(second)!.PublicData.Span, out found);
        Assert.That((found!.TileRow, found.TileColumn, found.Segment), Is.EqualTo(all.First(t => Need(t) <= second)));
    }

    [Test]
    public void TransposedOpeningsEqualDirectOpenings()
    {
        // One stored matrix serves X and its transpose: the same root, and the tile's operands are the same numbers.
        var random = new Random(3);
        sbyte[] x = WorkSample.Operand(70 * 600, random), w = WorkSample.Operand(600 * 40, random);
        sbyte[] turned = [.. Enumerable.Range(0, x.Length).Select(i => x[(i % 70 * 600) + (i / 70)])];
        var direct = new TileWorkOracle(new TileWorkShape(70, 40, 600, false, false), x, w, WorkSample.Bound());
        var transposed = new TileWorkOracle(new TileWorkShape(70, 40, 600, true, false), turned, w, WorkSample.Bound());
        byte[] a = Blocks(direct.Certify(2, 1, 0), 19), b = Blocks(transposed.Certify(2, 1, 0), 19);
        for (int i = 0; i < a.Length; i++)
        {
            (int block, int row, int column) = (i / 1024, i / 32 % 32, i % 32);
            Assert.That(a[i], Is.EqualTo(b[(block * 1024) + (column * 32) + row]));
        }

        var backwards = new TileWorkOracle(new TileWorkShape(600, 30, 70, true, false), x, WorkSample.Operand(70 * 30, random), WorkSample.Bound());
        Assert.That(backwards.A, Is.EqualTo(direct.A), "one commitment for both orientations");
        Assert.That(WorkVerifier.Verify(transposed.Template, transposed.Certify(2, 1, 0), out _), Is.EqualTo(ValidationResult.Ok));
    }

    [Test]
    public void PermutationsAreUniform([Values(32, 64)] int rank)
    {
        // Where the value v lands: rank x rank cells, (rank - 1)^2 degrees of freedom; fixed seed, five sigma.
        const int strips = 8192;
        using var source = new NoiseSource(Hash256.Sha256([77]), rank);
        byte[] permutations = new byte[strips * rank];
        source.Permutations(0, permutations);
        int[] counts = new int[rank * rank];
        for (int i = 0; i < permutations.Length; i++)
        {
            counts[(i % rank * rank) + permutations[i]]++;
        }

        double expected = (double)strips / rank;
        double statistic = counts.Sum(c => (c - expected) * (c - expected) / expected);
        double freedom = (rank - 1.0) * (rank - 1.0);
        Assert.That(statistic, Is.EqualTo(freedom).Within(5 * Math.Sqrt(2 * freedom)));
    }

    [Test]
    public void ImpossibleProductsAreRefused()
    {
        Assert.That(() => new TileWorkOracle(new TileWorkShape(2, 2, 8193, false, false), [], [], 1, []), Throws.ArgumentException);
        Assert.That(() => new TileWorkOracle(new TileWorkShape(2, 2, 2, false, false), new sbyte[4], new sbyte[5], 1, []), Throws.ArgumentException);
    }

    private static byte[] Blocks(WorkCertificate certificate, int count) => certificate.Witness.Span[..(count * 1024)].ToArray();

    private static BigInteger Number(Hash256 ticket) => new(ticket.ToArray(), isUnsigned: true, isBigEndian: true);
}
