using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.Backends;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>
/// The suite of the default backends, with every product on devices: on each that libtorch finds, by the method that it is used with and by those that are
/// exact on any, and on two lanes of the processor of which one gets three quarters of the rows.
/// </summary>
[TestFixtureSource(nameof(Cases))]
public sealed class TorchBackendConformanceTests(string device, ProductMethod? method) : TensorBackendConformance
{
    private const string TwoLanes = "cpu three to one";

    private static IEnumerable<TestFixtureData> Cases() =>
        from name in Libtorch.Devices.Select(static device => device.ToString()).Append(TwoLanes)
        from method in new ProductMethod?[] { null, ProductMethod.Float32, ProductMethod.Float64 }
        select new TestFixtureData(name, method);

    private TorchBackend? _shared;

    [OneTimeTearDown]
    public void DisposeOfTheBackend() => _shared?.Dispose();

    protected override ITensorBackend Create()
    {
        Libtorch.OrSkip();
        return new Shared(_shared ??= CreateOnce());
    }

    private TorchBackend CreateOnce()
    {
        TorchDevice[] devices = device == TwoLanes
            ? [TorchDevice.Cpu, new TorchDevice(TorchDeviceKind.Cpu, 1)]
            : [Libtorch.Devices.Single(found => found.ToString() == device)];
        TorchBackendOptions options = new() { Devices = devices, MinimumMacs = 0, CheckEvery = 0, Time = new SlowSecond() };
        TorchBackend backend = method is { } one
            ? new TorchBackend(new CpuBackend(), options, (on, _) => new TorchProduct(on, one, 1 << 28))
            : new TorchBackend(new CpuBackend(), options);
        Assert.That(backend.Devices.Select(static status => status.Share), Is.EqualTo(devices.Length == 1 ? [1.0] : (double[])[0.75, 0.25]));
        return backend;
    }

    /// <summary>A backend whose self-tests are run once for all tests, of which each would dispose of it.</summary>
    private sealed class Shared(TorchBackend backend) : ITensorBackend
    {
        public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
        {
            long before = backend.DeviceProducts;
            backend.MatMul(shape, a, b, c);
            Assert.That(backend.DeviceProducts - before, Is.EqualTo(a.Type == TensorType.Int8 ? 1 : 0), "integer products are the device's");
        }

        public long Run(TensorOp operation, in TensorCall call) => backend.Run(operation, call);

        public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => backend.MemCopy(rows, destination, source);

        public void Checkpoint(string name, IReadOnlyList<Tensor> state) => backend.Checkpoint(name, state);
    }

    /// <summary>A clock by which the second of two devices takes three times as long for each of the products that measure it.</summary>
    private sealed class SlowSecond : TimeProvider
    {
        private const int ReadingsOfTheFirst = 6;

        private long _ticks;
        private int _readings;

        public override long GetTimestamp() => _ticks += _readings++ < ReadingsOfTheFirst ? 1000 : 3000;
    }
}
