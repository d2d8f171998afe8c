using PoUW.Compute.TileWork;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>The commitments that are kept are never stale, bounded, and reported to whoever wants them.</summary>
public sealed class CommitmentTests
{
    [Test]
    public void EveryChangeOfAnOperandIsSeen()
    {
        var cache = new CommitmentCache(1 << 20);
        sbyte[] a = TileWorkBench.Operand(96 * 70, 1);
        sbyte[] b = TileWorkBench.Operand(70 * 64, 2);
        var random = new Random(3);
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(3) > 0)
            {
                sbyte[] changed = random.Next(2) == 0 ? a : b;
                changed[random.Next(changed.Length)] = (sbyte)random.Next(-63, 64);
            }

            Assert.That(cache.TryCommit(new(a, 96, 70), new(b, 70, 64), out MatrixTree treeA, out MatrixTree treeB), Is.True);
            MatrixCommitment expectedA = MatrixCommitment.Compute(a, 96, 70);
            Assert.That(treeA.Tag, Is.EqualTo(expectedA.Tag));
            Assert.That(treeA.Tree[32..].SequenceEqual(expectedA.Tree.Span[32..]), Is.True);
            Assert.That(treeB.Tag, Is.EqualTo(MatrixCommitment.Compute(b, 70, 64).Tag));
        }

        Assert.That(cache.Hits, Is.GreaterThan(100));
        Assert.That(cache.Misses, Is.GreaterThan(50));
    }

    [Test]
    public void TheSameBytesInAnotherShapeAreAnotherOperand()
    {
        var cache = new CommitmentCache(1 << 20);
        sbyte[] a = TileWorkBench.Operand(64 * 32, 1);
        cache.TryCommit(new(a, 64, 32), new(a, 32, 64), out MatrixTree treeA, out MatrixTree treeB);
        Assert.That(treeA.Tag, Is.EqualTo(MatrixCommitment.Compute(a, 64, 32).Tag));
        Assert.That(treeB.Tag, Is.EqualTo(MatrixCommitment.Compute(a, 32, 64).Tag));
        cache.TryCommit(new(a, 64, 32), new(a, 64, 32), out treeA, out treeB);
        Assert.That(treeA, Is.SameAs(treeB));
        Assert.That((cache.Hits, cache.Misses), Is.EqualTo((2, 2)));
    }

    [Test]
    public void OperandsWithTheSameDigestAreToldApart()
    {
        // The digest rotates a sum by 29 bits and adds what lies 128 bytes further on: 1 there is 2^29 here.
        sbyte[] a = new sbyte[64 * 96];
        sbyte[] b = new sbyte[64 * 96];
        (a[0], b[128 + 3]) = (1, 1 << (29 - 24));
        Assert.That(ContentDigest.Of(a), Is.EqualTo(ContentDigest.Of(b)));
        Hash256 tagA = MatrixCommitment.Compute(a, 64, 96).Tag, tagB = MatrixCommitment.Compute(b, 64, 96).Tag;
        var cache = new CommitmentCache(1 << 20);
        for (int i = 0; i < 3; i++)
        {
            cache.TryCommit(new(a, 64, 96), new(b, 64, 96), out MatrixTree left, out MatrixTree right);
            Assert.That((left.Tag, right.Tag), Is.EqualTo((tagA, tagB)));
            cache.TryCommit(new(b, 64, 96, b), new(a, 64, 96, a), out left, out right);
            Assert.That((left.Tag, right.Tag), Is.EqualTo((tagB, tagA)));
        }
    }

    [Test]
    public void TheLeastRecentlyUsedMakeRoom()
    {
        const int rows = 64, columns = 96;
        long each = (rows * columns) + MatrixCommitment.TreeBytes(rows, columns);
        var cache = new CommitmentCache(3 * each);
        sbyte[][] operands = [.. Enumerable.Range(0, 5).Select(static i => TileWorkBench.Operand(rows * columns, i))];
        Hash256[] tags = [.. operands.Select(static x => MatrixCommitment.Compute(x, rows, columns).Tag)];
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            (int x, int y) = (random.Next(5), random.Next(5));
            cache.TryCommit(new(operands[x], rows, columns), new(operands[y], rows, columns), out MatrixTree treeA, out MatrixTree treeB);
            Assert.That((treeA.Tag, treeB.Tag), Is.EqualTo((tags[x], tags[y])));
            Assert.That(cache.Bytes, Is.LessThanOrEqualTo(3 * each));
        }

        cache.TryCommit(new(operands[0], rows, columns), new(operands[1], rows, columns), out _, out _);
        cache.TryCommit(new(operands[2], rows, columns), new(operands[0], rows, columns), out _, out _);
        long misses = cache.Misses;
        cache.TryCommit(new(operands[3], rows, columns), new(operands[0], rows, columns), out _, out _);
        cache.TryCommit(new(operands[2], rows, columns), new(operands[0], rows, columns), out _, out _);
        Assert.That(cache.Misses, Is.EqualTo(misses + 1), "1 went, not 0 or 2");
    }

    [Test]
    public void NewContentsOfATensorTakeThePlaceOfItsOldOnes()
    {
        var cache = new CommitmentCache(1 << 20);
        sbyte[] a = TileWorkBench.Operand(64 * 96, 1);
        sbyte[] b = TileWorkBench.Operand(96 * 64, 2);
        cache.TryCommit(new(a, 64, 96, a), new(b, 96, 64, b), out _, out _);
        long bytes = cache.Bytes;
        for (int i = 0; i < 20; i++)
        {
            a[i] = (sbyte)(i - 60);
            b[2 * i] = (sbyte)(i + 40);
            cache.TryCommit(new(a, 64, 96, a), new(b, 96, 64, b), out MatrixTree treeA, out MatrixTree treeB);
            Assert.That(treeA.Tag, Is.EqualTo(MatrixCommitment.Compute(a, 64, 96).Tag));
            Assert.That(treeB.Tag, Is.EqualTo(MatrixCommitment.Compute(b, 96, 64).Tag));
            cache.TryCommit(new(b, 96, 64, b), new(a, 64, 96, a), out MatrixTree again, out _);
            Assert.That(again, Is.SameAs(treeB));
            Assert.That(cache.Bytes, Is.EqualTo(bytes));
        }

        // A product of a tensor with itself, and one whose contents move to another tensor.
        cache.TryCommit(new(a, 64, 96, a), new(a, 64, 96, a), out MatrixTree left, out MatrixTree right);
        Assert.That(left, Is.SameAs(right));
        sbyte[] copy = [.. a];
        a[3]++;
        cache.TryCommit(new(copy, 64, 96, copy), new(a, 64, 96, a), out left, out right);
        Assert.That(left.Tag, Is.EqualTo(MatrixCommitment.Compute(copy, 64, 96).Tag));
        Assert.That(right.Tag, Is.EqualTo(MatrixCommitment.Compute(a, 64, 96).Tag));
    }

    [Test]
    public void ACacheThatHoldsNothingStillCommits([Values(0, 5000)] long bytes)
    {
        var cache = new CommitmentCache(bytes);
        sbyte[] a = TileWorkBench.Operand(64 * 96, 1);
        sbyte[] b = TileWorkBench.Operand(96 * 64, 2);
        for (int i = 0; i < 2; i++)
        {
            cache.TryCommit(new(a, 64, 96), new(b, 96, 64), out MatrixTree treeA, out MatrixTree treeB);
            Assert.That(treeA.Tag, Is.EqualTo(MatrixCommitment.Compute(a, 64, 96).Tag));
            Assert.That(treeB.Tag, Is.EqualTo(MatrixCommitment.Compute(b, 96, 64).Tag));
        }

        Assert.That(cache.Bytes, Is.Zero);
    }

    [Test]
    public void OperandsOutsideTheMinedRangeAreNotCommitted()
    {
        var cache = new CommitmentCache(1 << 20);
        sbyte[] good = TileWorkBench.Operand(64 * 64, 1);
        sbyte[] bad = TileWorkBench.Operand(64 * 64, 2);
        bad[77] = -64;
        Assert.That(cache.TryCommit(new(good, 64, 64), new(bad, 64, 64), out _, out _), Is.False);
        Assert.That(cache.TryCommit(new(bad, 64, 64), new(good, 64, 64), out _, out _), Is.False);
        Assert.That(cache.Misses, Is.Zero);
        bad[77] = 63;
        Assert.That(cache.TryCommit(new(good, 64, 64), new(bad, 64, 64), out _, out _), Is.True);
    }

    [Test]
    public void CertificatesNameTheOperandsAsTheyAreWhateverWasWrittenInPlace()
    {
        var bench = new TileWorkBench { Current = TileWorkBench.Template(TileWorkBench.EasyTarget) };
        using var miner = new TileWorkBackend(new DefinitionBackend(), bench, bench);
        Tensor x = Random(64, 1024, 1), w = Random(1024, 40, 2);
        for (int step = 0; step < 3; step++)
        {
            bench.Certificates.Clear();
            miner.MatMul(new MatMulShape(64, 1024, 40, false, false, true), x, w, new Tensor(TensorType.Int32, 64, 40));
            Assert.That(bench.Certificates, Has.Count.EqualTo(2 * 2));
            foreach (WorkCertificate certificate in bench.Certificates)
            {
                WorkPublicData.TryDecode(certificate.PublicData.Span, out WorkPublicData? data);
                Assert.That(data!.RootA, Is.EqualTo(MatrixCommitment.Compute(x.Int8, 64, 1024).Root));
                Assert.That(data.RootB, Is.EqualTo(MatrixCommitment.Compute(w.Int8, 1024, 40).Root));
            }

            w.Int8[step] = (sbyte)(step + 60);
        }
    }

    private static Tensor Random(int rows, int columns, int seed)
    {
        Tensor tensor = new(TensorType.Int8, rows, columns);
        TileWorkBench.Operand(tensor.Length, seed).CopyTo(tensor.Int8);
        return tensor;
    }
}
