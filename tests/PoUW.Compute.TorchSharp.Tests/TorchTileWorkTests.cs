using PoUW.Compute.Backends;
using PoUW.Compute.Tests.TileWork;
using PoUW.Compute.TileWork;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Compute.TorchSharp.TileWork;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tests;

[TestFixtureSource(typeof(Libtorch), nameof(Libtorch.Devices))]
public sealed class TorchTileWorkTests(TorchDevice device)
{
    private TorchTileMiner _miner = null!;

    [OneTimeSetUp]
    public void Create()
    {
        Libtorch.OrSkip();
        _miner = new TorchTileMiner(device);
    }

    /// <summary>Every ticket wins, so the certificates are all the tickets there are.</summary>
    [TestCase(64, 64, 2048, false, false)]
    [TestCase(50, 70, 784, false, true)]
    [TestCase(33, 32, 4096, true, false)]
    [TestCase(1, 1, 1, true, true)]
    [TestCase(97, 130, 1537, true, true)]
    public void Tickets_and_product_are_those_of_the_default_miner(int m, int n, int k, bool transposeA, bool transposeB)
    {
        TileWorkShape shape = new(m, n, k, transposeA, transposeB);
        (sbyte[] a, sbyte[] b) = (TileWorkBench.Operand(m * k, seed: m), TileWorkBench.Operand(n * k, seed: n));
        WorkTemplate template = TileWorkBench.Template(TileWorkBench.EasyTarget, salt: k % 50);
        (int[] expected, int[] actual) = (new int[m * n], new int[m * n]);
        (TileWorkBench ours, TileWorkBench theirs) = (new(), new());
        using TileWorkMiner miner = new();
        miner.Multiply(shape, a, b, expected, template, theirs);

        Assert.That(_miner.TryMultiply(shape, a, b, actual, template, ours));
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(Bytes(ours.Certificates), Is.EqualTo(Bytes(theirs.Certificates)));
        Assert.That(ours.Certificates.Count, k < 1024 ? Is.Not.Negative : Is.Positive, "half of the tickets of half a segment win");
    }

    [Test]
    public void Products_in_parts_draw_the_same_tickets()
    {
        TileWorkShape shape = new(40, 400, 600, false, false);
        (sbyte[] a, sbyte[] b) = (TileWorkBench.Operand(shape.M * shape.K, 1), TileWorkBench.Operand(shape.N * shape.K, 2));
        WorkTemplate template = TileWorkBench.Template(TileWorkBench.EasyTarget);
        (int[] whole, int[] parts) = (new int[40 * 400], new int[40 * 400]);
        (TileWorkBench ofWhole, TileWorkBench ofParts) = (new(), new());
        long most = TileTensors.BytesOf(shape, shape.TileColumns) - 1;
        Assert.That(TileTensors.BytesOf(shape, 1), Is.LessThan(most));
        TorchTileMiner small = new(device, most);

        Assert.That(_miner.TryMultiply(shape, a, b, whole, template, ofWhole));
        Assert.That(small.TryMultiply(shape, a, b, parts, template, ofParts));
        Assert.That(parts, Is.EqualTo(whole));
        Assert.That(Bytes(ofParts.Certificates), Is.EqualTo(Bytes(ofWhole.Certificates)));
    }

    [Test]
    public void A_product_that_does_not_fit_draws_nothing()
    {
        TileWorkShape shape = new(2000, 2000, 2000, false, false);
        TorchTileMiner small = new(device, maxDeviceBytes: 4_600_000);
        TileWorkBench sink = new();
        bool done = small.TryMultiply(
            shape, new sbyte[4_000_000], new sbyte[4_000_000], new int[4_000_000], TileWorkBench.Template(TileWorkBench.EasyTarget), sink);
        Assert.That(done, Is.False);
        Assert.That((small.TicketsDrawn, sink.Certificates.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Tickets_of_a_template_that_is_no_longer_current_are_forgotten()
    {
        TileWorkShape shape = new(32, 32, 512, false, false);
        TileWorkBench sink = new();
        long before = _miner.TicketsDrawn;
        Assert.That(_miner.TryMultiply(
            shape, new sbyte[32 * 512], new sbyte[512 * 32], new int[1024], TileWorkBench.Template(TileWorkBench.EasyTarget), sink, static _ => false));
        Assert.That(sink.Certificates, Is.Empty);
        Assert.That(_miner.TicketsDrawn, Is.EqualTo(before));
    }

    /// <summary>What is counted against the limit is what is there: operands, noise factors, and nothing that was on the way to them.</summary>
    [Test]
    public void A_product_keeps_seven_tensors_on_the_device()
    {
        TileWorkShape shape = new(64, 64, 512, false, false);
        WorkTemplate template = TileWorkBench.Template(TileWorkBench.EasyTarget);
        sbyte[] operand = TileWorkBench.Operand(64 * 512, 1);
        MatrixCommitment commitment = MatrixCommitment.Compute(operand, 64, 512);
        using DisposeScope scope = torch.NewDisposeScope();
        _ = new TileTensors(shape, operand, operand, TileWorkSeeds.Derive(template.Sigma, shape, commitment.Tag, commitment.Tag, template.Binding), torch.device(device.ToString()));
        Assert.That(scope.DisposablesCount, Is.EqualTo(7));
    }

    [Test]
    public void Operands_out_of_range_are_refused() => Assert.That(
        () => _miner.TryMultiply(
            new TileWorkShape(1, 1, 1, false, false), [64], [1], new int[1], TileWorkBench.Template(1), new TileWorkBench()),
        Throws.ArgumentException);

    [Test]
    public void A_backend_draws_from_products_that_a_program_offers_and_from_no_others()
    {
        using CpuBackend inner = new();
        TileWorkBench bench = new() { Current = TileWorkBench.Template(TileWorkBench.EasyTarget) };
        TorchTileWorkBackend backend = new(inner, _miner, bench, bench);
        (Tensor a, Tensor b, Tensor c, Tensor expected) = (
            new(TensorType.Int8, 64, 1024), new(TensorType.Int8, 1024, 32), new(TensorType.Int32, 64, 32), new(TensorType.Int32, 64, 32));
        TileWorkBench.Operand(a.Length, 1).CopyTo(a.Int8);
        TileWorkBench.Operand(b.Length, 2).CopyTo(b.Int8);
        inner.MatMul(new MatMulShape(64, 1024, 32, false, false), a, b, expected);

        backend.MatMul(new MatMulShape(64, 1024, 32, false, false), a, b, c);
        Assert.That(bench.Certificates, Is.Empty);
        backend.MatMul(new MatMulShape(64, 1024, 32, false, false, TileWork: true), a, b, c);
        Assert.That(bench.Certificates, Is.Not.Empty);
        Assert.That(c.Int32.ToArray(), Is.EqualTo(expected.Int32.ToArray()));
        int drawn = bench.Certificates.Count;
        a.Int8[0] = -64;
        backend.MatMul(new MatMulShape(64, 1024, 32, false, false, TileWork: true), a, b, c);
        Assert.That(bench.Certificates, Has.Count.EqualTo(drawn), "an operand outside of what our rules mine on");
    }

    private static IEnumerable<string> Bytes(IEnumerable<WorkCertificate> certificates) =>
        certificates.Select(static certificate => Convert.ToHexString(certificate.PublicData.Span) + Convert.ToHexString(certificate.Witness.Span[^64..]));
}
