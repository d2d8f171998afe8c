using PoUW.Vm.Backends;

namespace PoUW.Vm.Tests.Backends;

[TestFixture]
public sealed class ScalarBackendTests : TensorBackendConformance
{
    protected override ITensorBackend Create() => new ScalarBackend();
}
