using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Operations;

[TestFixture]
public sealed class TensorCallTests
{
    [Test]
    public void HoldsItsPartsInOrder()
    {
        Tensor a = new(TensorType.Int8, 1, 1);
        Tensor b = new(TensorType.Int32, 2, 2);
        TensorCall call = new([a, b], [3, 0x40490FDB], [7L, 8]);
        Assert.That(call.Count, Is.EqualTo(2));
        Assert.That(call[0], Is.SameAs(a));
        Assert.That(call[1], Is.SameAs(b));
        Assert.That(call.Immediates.ToArray(), Is.EqualTo(new[] { 3, 0x40490FDB }));
        Assert.That(call.FloatImmediate(1), Is.EqualTo(MathF.PI));
        Assert.That(call.Arguments.ToArray(), Is.EqualTo(new[] { 7L, 8 }));
    }
}
