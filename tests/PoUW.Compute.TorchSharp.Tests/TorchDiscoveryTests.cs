using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Tests;

/// <summary>Needs no libtorch: without one, everything works and nothing is faster.</summary>
[TestFixture]
public sealed class TorchDiscoveryTests
{
    [Test]
    public void A_machine_on_which_libtorch_does_not_load_has_no_devices_and_says_why()
    {
        TorchDiscovery found = TorchDiscovery.Run(static () => throw new DllNotFoundException("libtorch.so: not there"));
        Assert.That(found.Devices, Is.Empty);
        Assert.That(found.Best, Is.Empty);
        Assert.That(found.Problem, Does.Contain("not there"));
    }

    /// <summary>TorchSharp names a package that is there; what the file lacks only the loader says.</summary>
    [Test]
    public void The_reason_is_what_the_loader_says_of_the_file_that_it_found()
    {
        TorchDiscovery found = TorchDiscovery.Run(
            static () => throw new NotSupportedException("no reference to libtorch"),
            static () => throw new DllNotFoundException(
                "Unable to load shared library.\n/bin/libX.so: cannot open shared object file: No such file or directory\n/lib/libstdc++.so.6: version `GLIBCXX_9' not found\n"));
        Assert.That(found.Problem, Is.EqualTo("libtorch does not load: /lib/libstdc++.so.6: version `GLIBCXX_9' not found"));
        found = TorchDiscovery.Run(static () => throw new NotSupportedException("no reference to libtorch"), static () => { });
        Assert.That(found.Problem, Does.EndWith("no reference to libtorch"));
    }

    [Test]
    public void GPUs_are_taken_before_the_processor()
    {
        TorchDiscovery found = TorchDiscovery.Run(static () => 2);
        Assert.That(found.Devices.Select(static device => device.ToString()), Is.EqualTo(new[] { "cuda:0", "cuda:1", "cpu" }));
        Assert.That(found.Best.Select(static device => device.Index), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(TorchDiscovery.Run(static () => 0).Best, Is.EqualTo(new[] { TorchDevice.Cpu }));
    }

    [Test]
    public void A_backend_without_devices_gives_right_results()
    {
        using TorchBackend backend = new(new CpuBackend(), new TorchBackendOptions { Devices = [], MinimumMacs = 0 });
        MatMulShape shape = new(9, 8, 7, false, false);
        Tensor a = new(TensorType.Int8, 9, 8);
        Tensor b = new(TensorType.Int8, 8, 7);
        Tensor expected = new(TensorType.Int32, 9, 7);
        Tensor actual = new(TensorType.Int32, 9, 7);
        a.Int8.Fill(-64);
        b.Int8.Fill(63);
        new ScalarBackend().MatMul(shape, a, b, expected);
        backend.MatMul(shape, a, b, actual);

        Assert.That(actual.Int32.ToArray(), Is.EqualTo(expected.Int32.ToArray()));
        Assert.That(backend.Devices, Is.Empty);
        Assert.That(backend.DeviceProducts, Is.Zero);
    }
}
