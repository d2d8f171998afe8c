using PoUW.Compute.Backends;
using PoUW.Compute.Runners;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Simulation.Conformance;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.Tests;

[TestFixture]
public sealed class TorchBackendTests
{
    private static readonly TorchBackendOptions Everything = new() { MinimumMacs = 0 };

    [SetUp]
    public void OrSkip() => Libtorch.OrSkip();

    [Test]
    public void The_processor_is_found_and_passes_the_self_test()
    {
        TorchDiscovery found = TorchDiscovery.Run();
        Assert.That(found.Devices, Has.Member(TorchDevice.Cpu), found.Problem);
        using TorchBackend backend = new(new TorchBackendOptions { Devices = [TorchDevice.Cpu] });
        Assert.That(backend.Devices, Is.EqualTo(new[] { new DeviceStatus(TorchDevice.Cpu, ProductMethod.Float32, 1) }));
    }

    [TestCaseSource(typeof(BackendConformance), nameof(BackendConformance.Operations))]
    public void Random_calls_give_the_bits_of_the_definition(string operation)
    {
        using TorchBackend backend = new(Everything);
        Assert.That(new BackendConformance(seed: 10, backend).Run(operation, cases: 6).Mismatch, Is.Null);
    }

    [TestCaseSource(typeof(Libtorch), nameof(Libtorch.Devices))]
    public void A_thousand_random_integer_products_are_exact(TorchDevice device)
    {
        using TorchBackend backend = new(Everything with { Devices = [device] });
        Assert.That(new BackendConformance(seed: 11, backend).Run(BackendConformance.IntegerProduct, cases: 1000).Mismatch, Is.Null);
        Assert.That(backend.DeviceProducts, Is.EqualTo(1000));
    }

    [TestCase("mlp-i")]
    [TestCase("cnn-i")]
    [TestCase("mlp-r")]
    public void Training_gives_the_weights_of_the_default_backend(string model)
    {
        using TorchBackend device = new(Everything);
        using CpuBackend cpu = new();
        string expected = ModelConformance.Train(model, 20, compiled => new EagerRunner(compiled, cpu));

        Assert.That(ModelConformance.Train(model, 20, compiled => new EagerRunner(compiled, device)), Is.EqualTo(expected));
        Assert.That(ModelConformance.Train(model, 20, compiled => new MachineRunner(compiled, device)), Is.EqualTo(expected));
        Assert.That(device.DeviceProducts, model == "mlp-r" ? Is.Zero : Is.Positive);
    }

    [Test]
    public void A_product_that_does_not_fit_is_done_in_parts()
    {
        MatMulShape shape = new(300, 9000, 200, true, false);
        long needed = (500 * 9000) + 600_000;
        using TorchBackend backend = new(new CpuBackend(), Everything with { MaxDeviceBytes = needed });
        CheckProduct(backend, shape);
        Assert.That((backend.DeviceProducts, backend.OutOfMemory), Is.EqualTo((1, 0)));
    }

    /// <summary>Several devices share the rows: the memory of each holds its rows of A and all of B.</summary>
    [Test]
    public void A_device_gets_no_rows_but_its_own([Values] bool transposeA, [Values] bool transposeB)
    {
        (int first, int count) = (40, 9);
        MatMulShape shape = new(301, 2000, 33, transposeA, transposeB);
        (Tensor a, Tensor b, Tensor expected) = Operands(shape);
        long needed = ((count + shape.N) * (shape.K + (1024L * sizeof(float)))) + (3L * sizeof(int) * count * shape.N);
        int[] sums = new int[shape.M * shape.N];

        Assert.That(new TorchProduct(TorchDevice.Cpu, ProductMethod.Float32, needed).Multiply(shape, first..(first + count), a.Int8, b.Int8, sums), Is.EqualTo(ProductOutcome.Done));
        Range own = (first * shape.N)..((first + count) * shape.N);
        Assert.That(sums.AsSpan(own).SequenceEqual(expected.Int32[own]));
        sums.AsSpan(own).Clear();
        Assert.That(sums, Is.All.Zero);
    }

    [Test]
    public void A_device_without_memory_leaves_the_product_to_the_default_backend()
    {
        using TorchBackend backend = new(new CpuBackend(), Everything with { Devices = [TorchDevice.Cpu] }, (device, method) => new AfterTest(new TorchProduct(device, method, 1 << 28), ProductOutcome.OutOfMemory));
        CheckProduct(backend, new MatMulShape(50, 60, 70, false, false));
        Assert.That((backend.DeviceProducts, backend.OutOfMemory, backend.Failures), Is.EqualTo((0, 1, 0)));
    }

    [Test]
    public void A_device_that_fails_leaves_the_product_to_the_default_backend()
    {
        using TorchBackend backend = new(new CpuBackend(), Everything with { Devices = [TorchDevice.Cpu] }, (device, method) => new AfterTest(new TorchProduct(device, method, 1 << 28), ProductOutcome.Failed));
        CheckProduct(backend, new MatMulShape(50, 60, 70, false, false));
        Assert.That((backend.DeviceProducts, backend.OutOfMemory, backend.Failures), Is.EqualTo((0, 0, 1)));
    }

    /// <summary>Fp32 sums of which the lowest of 24 bits is lost, as in accumulators of some tensor cores.</summary>
    [Test]
    public void A_device_that_is_not_exact_is_not_used([Values(1, 3)] int lostBits)
    {
        using TorchBackend backend = new(new CpuBackend(), Everything with { Devices = [TorchDevice.Cpu] }, (device, method) => new Inexact(new TorchProduct(device, method, 1 << 28), lostBits));
        Assert.That(backend.Devices, Is.Empty);
        Assert.That(backend.Problem, Does.Contain("cpu"));
        CheckProduct(backend, new MatMulShape(50, 60, 70, false, false));
        Assert.That(backend.DeviceProducts, Is.Zero);
    }

    [Test]
    public void A_method_that_is_not_exact_gives_way_to_the_next()
    {
        using TorchBackend backend = new(
            new CpuBackend(),
            Everything with { Devices = [TorchDevice.Cpu] },
            (device, method) => method == ProductMethod.Float32 ? new Inexact(new TorchProduct(device, method, 1 << 28), 1) : new TorchProduct(device, method, 1 << 28));
        Assert.That(backend.Devices.Single().Method, Is.EqualTo(ProductMethod.Float64));
    }

    [Test]
    public void Unequal_devices_share_the_rows_by_speed_and_change_no_bit()
    {
        using TorchBackend backend = new(new CpuBackend(), Everything with { Devices = [TorchDevice.Cpu, new TorchDevice(TorchDeviceKind.Cpu, 1)] });
        Assert.That(backend.Devices.Sum(static device => device.Share), Is.EqualTo(1).Within(1e-9));
        CheckProduct(backend, new MatMulShape(301, 700, 90, false, true));
        CheckProduct(backend, new MatMulShape(1, 700, 90, true, false));
        Assert.That(backend.DeviceProducts, Is.EqualTo(2));
    }

    [TestCase(100, new[] { 0.75, 0.25 }, new[] { 75, 100 })]
    [TestCase(1, new[] { 0.5, 0.5 }, new[] { 0, 1 })]
    [TestCase(10, new[] { 0.0, 1.0 }, new[] { 0, 10 })]
    [TestCase(7, new[] { 0.1, 0.2, 0.7 }, new[] { 1, 2, 7 })]
    public void Rows_are_split_by_share(int rows, double[] shares, int[] ends) =>
        Assert.That(TorchBackend.Rows(rows, shares).Select(range => range.End.Value), Is.EqualTo(ends));

    /// <summary>A device that is exact in the self-test and wrong in one sum later: with one device the product is redone at home, with two the other goes on.</summary>
    [Test]
    public void A_device_that_gives_a_wrong_product_is_used_no_longer([Values(1, 2)] int devices)
    {
        TorchDevice[] all = [TorchDevice.Cpu, new TorchDevice(TorchDeviceKind.Cpu, 1)];
        TorchBackendOptions options = Everything with { Devices = all[..devices], CheckEvery = 2 };
        using TorchBackend backend = new(
            new CpuBackend(), options, (device, method) => device.Index == devices - 1 ? new OneWrong(new TorchProduct(device, method, 1 << 28)) : new TorchProduct(device, method, 1 << 28));
        CheckProduct(backend, new MatMulShape(50, 61, 70, false, true));
        CheckProduct(backend, new MatMulShape(50, 60, 70, true, false));
        Assert.That(backend.Failures, Is.EqualTo(1));
        Assert.That(backend.Devices, Has.Count.EqualTo(devices - 1));
        Assert.That(backend.Devices.Sum(static device => device.Share), Is.EqualTo(devices - 1).Within(1e-9));
        Assert.That(backend.Problem, Does.Contain("cpu"));
        CheckProduct(backend, new MatMulShape(50, 60, 70, false, false));
    }

    /// <summary>An accumulator that loses bits in the kernels that large products take.</summary>
    [Test]
    public void A_device_that_is_inexact_in_large_products_alone_is_not_used()
    {
        using TorchBackend backend = new(
            new CpuBackend(), Everything with { Devices = [TorchDevice.Cpu] },
            (device, method) => new Inexact(new TorchProduct(device, method, 1 << 28), 1, leastMacs: 1 << 24));
        Assert.That(backend.Devices, Is.Empty);
    }

    [TestCase(false, ProductMethod.Tf32)]
    [TestCase(true, ProductMethod.Float32)]
    public void Gpus_take_tf32_if_all_are_exact_with_it(bool one, ProductMethod expected)
    {
        TorchDevice[] gpus = [new(TorchDeviceKind.Cuda, 0), new(TorchDeviceKind.Cuda, 1)];
        using TorchBackend backend = new(
            new CpuBackend(), Everything with { Devices = gpus },
            (device, method) => one && device.Index == 1 && method == ProductMethod.Tf32 ? new Inexact(new Home(), 13) : new Home());
        Assert.That(backend.Devices.Select(static device => device.Method), Is.EqualTo(new[] { expected, expected }));
    }

    [Test]
    public void A_limit_is_learnt_where_less_succeeded_and_forgotten_again()
    {
        MemoryLimit limit = new(1000);
        Assert.That(limit.Begin(), Is.EqualTo(1000), "a failure alone teaches nothing");
        limit.Succeeded(1000);
        limit.Succeeded(400);
        for (int i = 1; i < MemoryLimit.Products; i++)
        {
            Assert.That(limit.Begin(), Is.EqualTo(400));
        }

        Assert.That(limit.Begin(), Is.EqualTo(1000));
    }

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public void A_check_finds_the_row_of_a_wrong_sum_and_no_other(bool transposeA, bool transposeB)
    {
        MatMulShape shape = new(70, 301, 133, transposeA, transposeB);
        Tensor a = new(TensorType.Int8, transposeA ? 301 : 70, transposeA ? 70 : 301);
        Tensor b = new(TensorType.Int8, transposeB ? 133 : 301, transposeB ? 301 : 133);
        Tensor c = new(TensorType.Int32, 70, 133);
        new Random(4).NextBytes(a.Bytes);
        new Random(5).NextBytes(b.Bytes);
        new ScalarBackend().MatMul(shape, a, b, c);
        ProductCheck check = new(9);
        Assert.That(check.FirstWrongRow(shape, a.Int8, b.Int8, c.Int32), Is.EqualTo(-1));
        c.Int32[(41 * 133) + 132]++;
        Assert.That(check.FirstWrongRow(shape, a.Int8, b.Int8, c.Int32), Is.EqualTo(41));
    }

    [Test]
    public void Products_leave_no_native_tensor_behind()
    {
        using TorchBackend backend = new(Everything);
        CheckProduct(backend, new MatMulShape(50, 1300, 70, true, true));
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 20; i++)
        {
            CheckProduct(backend, new MatMulShape(50, 1300, 70, true, true));
        }

        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(before));
    }

    [Test]
    public void Small_products_stay_at_home()
    {
        using TorchBackend backend = new();
        CheckProduct(backend, new MatMulShape(50, 60, 70, false, false));
        Assert.That(backend.DeviceProducts, Is.Zero);
    }

    private static void CheckProduct(TorchBackend backend, in MatMulShape shape)
    {
        (Tensor a, Tensor b, Tensor expected) = Operands(shape);
        Tensor actual = new(TensorType.Int32, shape.M, shape.N);
        backend.MatMul(shape, a, b, actual);
        Assert.That(actual.Bytes.SequenceEqual(expected.Bytes));
    }

    /// <summary>Random operands and their product by the definition.</summary>
    private static (Tensor A, Tensor B, Tensor Product) Operands(in MatMulShape shape)
    {
        Random random = new(5);
        Tensor a = new(TensorType.Int8, shape.TransposeA ? shape.K : shape.M, shape.TransposeA ? shape.M : shape.K);
        Tensor b = new(TensorType.Int8, shape.TransposeB ? shape.N : shape.K, shape.TransposeB ? shape.K : shape.N);
        Tensor product = new(TensorType.Int32, shape.M, shape.N);
        random.NextBytes(a.Bytes);
        random.NextBytes(b.Bytes);
        new ScalarBackend().MatMul(shape, a, b, product);
        return (a, b, product);
    }

    /// <summary>Right during the self-test, then of no use.</summary>
    private sealed class AfterTest(IDeviceProduct product, ProductOutcome then) : IDeviceProduct
    {
        public ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
        {
            if (shape == new MatMulShape(50, 60, 70, false, false))
            {
                c.Fill(-1);
                return then;
            }

            return product.Multiply(shape, rows, a, b, c);
        }
    }

    /// <summary>Right but for one sum of each product after the self-test.</summary>
    private sealed class OneWrong(IDeviceProduct product) : IDeviceProduct
    {
        public ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
        {
            ProductOutcome outcome = product.Multiply(shape, rows, a, b, c);
            if (shape is { M: 50, N: 70, TransposeA: true })
            {
                c[^1]++;
            }

            return outcome;
        }
    }

    /// <summary>A GPU's place taken by the definition.</summary>
    private sealed class Home : IDeviceProduct
    {
        public ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
        {
            Tensor left = new(TensorType.Int8, shape.TransposeA ? shape.K : shape.M, shape.TransposeA ? shape.M : shape.K);
            Tensor right = new(TensorType.Int8, shape.TransposeB ? shape.N : shape.K, shape.TransposeB ? shape.K : shape.N);
            Tensor sums = new(TensorType.Int32, shape.M, shape.N);
            a.CopyTo(left.Int8);
            b.CopyTo(right.Int8);
            using CpuBackend cpu = new();
            cpu.MatMul(shape, left, right, sums);
            sums.Int32.CopyTo(c);
            return ProductOutcome.Done;
        }
    }

    private sealed class Inexact(IDeviceProduct product, int lostBits, long leastMacs = 0) : IDeviceProduct
    {
        public ProductOutcome Multiply(in MatMulShape shape, Range rows, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
        {
            ProductOutcome outcome = product.Multiply(shape, rows, a, b, c);
            foreach (ref int sum in shape.MacCount < leastMacs ? [] : c)
            {
                int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Abs(sum));
                int unit = 1 << Math.Max(0, bits - (24 - lostBits));
                sum = sum / unit * unit;
            }

            return outcome;
        }
    }
}
