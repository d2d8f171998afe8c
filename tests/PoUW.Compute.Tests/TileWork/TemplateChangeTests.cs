using PoUW.Compute.TileWork;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>The parent changes in the middle of a product; and several threads share one.</summary>
public sealed class TemplateChangeTests
{
    private static readonly TileWorkShape Shape = new(64, 600, 1024, false, false); // 19 columns of tiles, blocks of 8.

    [Test]
    public void TicketsOfAStaleTemplateAreDroppedAndTheRestIsDrawnOnTheNewOne([Values(0, 1, 2)] int staleAtCheck, [Values] bool another)
    {
        (Tensor a, Tensor b, Tensor c) = Operands();
        WorkTemplate first = TileWorkBench.Template(TileWorkBench.EasyTarget, 0);
        WorkTemplate second = TileWorkBench.Template(TileWorkBench.EasyTarget, 1);
        var source = new ChangingSource(first, another ? second : null, staleAtCheck);
        var bench = new TileWorkBench();
        using var backend = new TileWorkBackend(new DefinitionBackend(), source, bench);
        backend.MatMul(new MatMulShape(Shape.M, Shape.K, Shape.N, false, false, true), a, b, c);

        Assert.That(c.Int32.SequenceEqual(TileWorkBench.Product(Shape, a.Int8.ToArray(), b.Int8.ToArray())), Is.True);
        List<(int Column, WorkTemplate Template)> expected = [];
        for (int block = 0; block < 3; block++)
        {
            WorkTemplate? template = block < staleAtCheck ? first : block > staleAtCheck && another ? second : null;
            if (template is not null)
            {
                expected.AddRange(Enumerable.Range(block * 8, Math.Min(8, 19 - (block * 8))).SelectMany(j => new[] { (j, template), (j, template) }));
            }
        }

        Assert.That(bench.Certificates, Has.Count.EqualTo(expected.Count));
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.That(WorkVerifier.Verify(expected[i].Template, bench.Certificates[i], out _).IsValid, Is.True, $"{i}");
        }

        Assert.That(backend.TicketsDrawn, Is.EqualTo(expected.Count));
        Assert.That(backend.MacsTicketed, Is.EqualTo(expected.Count * TileWorkParameters.UnitMacs));
        Assert.That(backend.LastTemplate, Is.SameAs(another && staleAtCheck < 2 ? second : first));
    }

    [Test]
    public void TilesOfAProductThatBrokeOffAreForgotten()
    {
        (Tensor a, Tensor b, Tensor c) = Operands();
        var source = new BreakingSource(TileWorkBench.Template(TileWorkBench.EasyTarget, 0));
        var bench = new TileWorkBench();
        using var backend = new TileWorkBackend(new DefinitionBackend(), source, bench);
        var shape = new MatMulShape(Shape.M, Shape.K, Shape.N, false, false, true);
        Assert.That(() => backend.MatMul(shape, a, b, c), Throws.TypeOf<TimeoutException>());
        Assert.That(bench.Certificates, Is.Empty);

        source.Current = TileWorkBench.Template(TileWorkBench.EasyTarget, 1);
        backend.MatMul(shape, a, b, c);
        Assert.That(bench.Certificates, Has.Count.EqualTo(2 * 19));
        Assert.That(backend.TicketsDrawn, Is.EqualTo(2 * 19));
    }

    [Test]
    public void ThreadsChangeNothing([Values(512, 1500, 4096)] int k)
    {
        var shape = new TileWorkShape(100, 700, k, true, false);
        sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, 1);
        sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, 2);
        WorkTemplate template = TileWorkBench.Template(TileWorkBench.EasyTarget / 16);
        List<byte[]>? first = null;
        int[]? product = null;
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            using var miner = new TileWorkMiner(threads: threads);
            Assert.That(miner.Threads, Is.EqualTo(threads));
            var bench = new TileWorkBench();
            int[] c = new int[shape.M * shape.N];
            miner.Multiply(shape, a, b, c, template, bench);
            List<byte[]> found = [.. bench.Certificates.Select(static x => x.PublicData.ToArray())];
            Assert.That(found, Is.Not.Empty);
            Assert.That(found, Is.EqualTo(first ??= found));
            Assert.That(c, Is.EqualTo(product ??= c));
        }
    }

    private static (Tensor A, Tensor B, Tensor C) Operands()
    {
        Tensor a = new(TensorType.Int8, Shape.M, Shape.K), b = new(TensorType.Int8, Shape.K, Shape.N);
        TileWorkBench.Operand(a.Length, 5).CopyTo(a.Int8);
        TileWorkBench.Operand(b.Length, 6).CopyTo(b.Int8);
        return (a, b, new Tensor(TensorType.Int32, Shape.M, Shape.N));
    }

    /// <summary>The first template is stale from a certain check on.</summary>
    private sealed class ChangingSource(WorkTemplate first, WorkTemplate? second, int staleAtCheck) : IWorkTemplateSource
    {
        private int _checks;
        private bool _stale;

        public WorkTemplate? Current => _stale ? second : first;

        public bool IsCurrent(WorkTemplate template)
        {
            _stale |= _checks++ == staleAtCheck;
            return ReferenceEquals(template, _stale ? second : first);
        }
    }

    /// <summary>The first question whether the template is current has no answer.</summary>
    private sealed class BreakingSource(WorkTemplate first) : IWorkTemplateSource
    {
        private bool _broke;

        public WorkTemplate? Current { get; set; } = first;

        public bool IsCurrent(WorkTemplate template)
        {
            if (!_broke)
            {
                _broke = true;
                throw new TimeoutException();
            }

            return ReferenceEquals(template, Current);
        }
    }
}
