using PoUW.Compute.TileWork;
using PoUW.Core;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.TileWork;

public sealed class TileWorkBackendTests
{
    [Test]
    public void EligibleProductsDrawTicketsAndStayExact([Values] bool transposeA, [Values] bool transposeB)
    {
        var bench = new TileWorkBench { Current = TileWorkBench.Template(TileWorkBench.EasyTarget) };
        var inner = new DefinitionBackend();
        using var backend = new TileWorkBackend(inner, bench, bench);
        var shape = new MatMulShape(50, 784, 70, transposeA, transposeB, TileWork: true);
        (Tensor a, Tensor b, Tensor c) = Operands(shape, 5);
        Tensor expected = new(TensorType.Int32, 50, 70);
        backend.MatMul(shape, a, b, c);
        inner.MatMul(shape, a, b, expected);

        Assert.That(c.Int32.SequenceEqual(expected.Int32), Is.True);
        Assert.That(inner.Calls, Is.EqualTo(1), "the ticketed product did not reach the inner backend");
        Assert.That(backend.LastTemplate, Is.SameAs(bench.Current));
        Assert.That(backend.TicketsDrawn, Is.EqualTo(2 * 3));
        Assert.That(backend.MacsTicketed, Is.EqualTo(64L * 96 * 1024));
        Assert.That(backend.CertificatesFound, Is.EqualTo(6));
        Assert.That(bench.Certificates, Has.Count.EqualTo(6));
        foreach (WorkCertificate certificate in bench.Certificates)
        {
            ValidationResult result = WorkVerifier.Verify(bench.Current!, certificate, out Hash256 ticket);
            Assert.That(result, Is.EqualTo(ValidationResult.Ok));
            Assert.That(ticket.IsZero, Is.False);
        }
    }

    [Test]
    public void OtherProductsGoToTheInnerBackend()
    {
        var bench = new TileWorkBench();
        var inner = new DefinitionBackend();
        using var backend = new TileWorkBackend(inner, bench, bench);
        var shape = new MatMulShape(32, 512, 32, false, false, TileWork: true);
        (Tensor a, Tensor b, Tensor c) = Operands(shape, 6);
        backend.MatMul(shape, a, b, c);
        Assert.That(inner.Calls, Is.EqualTo(1), "no template");

        bench.Current = TileWorkBench.Template(TileWorkBench.EasyTarget);
        a.Int8[3] = -64;
        backend.MatMul(shape, a, b, c);
        Assert.That(inner.Calls, Is.EqualTo(2), "operand out of the mined range");

        var small = new MatMulShape(32, 511, 32, false, false, TileWork: true);
        (a, b, c) = Operands(small, 7);
        backend.MatMul(small, a, b, c);
        Assert.That(inner.Calls, Is.EqualTo(3), "inner dimension too short");

        (a, b, c) = Operands(shape, 8);
        backend.MatMul(shape with { TileWork = false }, a, b, c);
        Assert.That(inner.Calls, Is.EqualTo(4), "the program does not offer it");
        Assert.That(backend.TicketsDrawn, Is.Zero);
        Assert.That(backend.LastTemplate, Is.Null);
    }

    [Test]
    public void ASteadyStateAllocatesNextToNothing()
    {
        var bench = new TileWorkBench { Current = TileWorkBench.Template(1) };
        using var miner = new CommonsMiner(NetworkParameters.Development.Commons, bench, bench);
        miner.RunOnce();
        long before = GC.GetAllocatedBytesForCurrentThread();
        miner.RunOnce();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(allocated, Is.LessThan(8 * 1024), "keys, seeds and cipher contexts only; every matrix buffer is reused");
    }

    [Test]
    public void CommonsTicketsVerifyAndDependOnTheTemplate()
    {
        var bench = new TileWorkBench();
        using var miner = new CommonsMiner(new CommonsProduct(64, 1024, 96, 3), bench, bench);
        Assert.That(miner.RunOnce(), Is.False, "nothing to mine on");

        bench.Current = TileWorkBench.Template(TileWorkBench.EasyTarget);
        Assert.That(miner.RunOnce(), Is.True);
        List<byte[]> first = [.. bench.Certificates.Select(x => x.PublicData.ToArray())];
        bench.Certificates.Clear();
        bench.Current = TileWorkBench.Template(TileWorkBench.EasyTarget, 1);
        Assert.That(miner.RunOnce(), Is.True);
        List<byte[]> second = [.. bench.Certificates.Select(x => x.PublicData.ToArray())];

        Assert.That(first, Has.Count.EqualTo(6));
        Assert.That(second, Has.Count.EqualTo(6));
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(miner.TicketsDrawn, Is.EqualTo(12));
        Assert.That(miner.LastTemplate, Is.SameAs(bench.Current));
        foreach (WorkCertificate certificate in bench.Certificates)
        {
            Assert.That(WorkVerifier.Verify(bench.Current, certificate, out _).IsValid, Is.True);
        }
    }

    [Test]
    public void ACommonsProductThatDrawsNoTicketsIsRefused()
    {
        var bench = new TileWorkBench();
        Assert.That(() => new CommonsMiner(new CommonsProduct(64, 500, 96, 3), bench, bench), Throws.ArgumentException);
    }

    [Test]
    public void AFaultyKernelFailsTheSelfTestAndIsNeverSubmitted()
    {
        Assert.That(TileWorkSelfTest.Passes(TileKernels.Create(TileKernelKind.Portable)), Is.True);
        foreach (FaultyKernel.Fault fault in Enum.GetValues<FaultyKernel.Fault>())
        {
            Assert.That(TileWorkSelfTest.Passes(new FaultyKernel(fault)), Is.False, fault.ToString());
        }

        var bench = new TileWorkBench();
        using var miner = new TileWorkMiner(new FaultyKernel(FaultyKernel.Fault.Fold));
        var shape = new TileWorkShape(32, 32, 1024, false, false);
        sbyte[] operand = TileWorkBench.Operand(32 * 1024, 9);
        Assert.That(
            () => miner.Multiply(shape, operand, operand, new int[1024], TileWorkBench.Template(TileWorkBench.EasyTarget), bench),
            Throws.TypeOf<PouwException>());
        Assert.That(bench.Certificates, Is.Empty);
    }

    private static (Tensor A, Tensor B, Tensor C) Operands(in MatMulShape shape, int seed)
    {
        Tensor a = shape.TransposeA ? new(TensorType.Int8, shape.K, shape.M) : new(TensorType.Int8, shape.M, shape.K);
        Tensor b = shape.TransposeB ? new(TensorType.Int8, shape.N, shape.K) : new(TensorType.Int8, shape.K, shape.N);
        TileWorkBench.Operand(a.Length, seed).CopyTo(a.Int8);
        TileWorkBench.Operand(b.Length, seed + 100).CopyTo(b.Int8);
        return (a, b, new Tensor(TensorType.Int32, shape.M, shape.N));
    }
}
