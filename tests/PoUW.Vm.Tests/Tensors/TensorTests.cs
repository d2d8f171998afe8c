using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Tensors;

[TestFixture]
public sealed class TensorTests
{
    [TestCase(TensorType.Int8, 1)]
    [TestCase(TensorType.UInt8, 1)]
    [TestCase(TensorType.Int32, 4)]
    [TestCase(TensorType.Int64, 8)]
    [TestCase(TensorType.Float32, 4)]
    public void IsAsLargeAsItsElements(TensorType type, int size)
    {
        Tensor tensor = new(type, 3, 5);
        Assert.That((tensor.Length, tensor.Bytes.Length), Is.EqualTo((15, 15 * size)));
    }

    [Test]
    public void ReadsItsBytesAsLittleEndianElements()
    {
        Tensor tensor = new(TensorType.Int64, 1, 2);
        tensor.Bytes[8] = 0xFE;
        tensor.Bytes[15] = 0x80;
        Assert.That(tensor.Int64.ToArray(), Is.EqualTo(new[] { 0L, long.MinValue + 0xFE }));
    }

    [Test]
    public void GivesNoElementsOfAnotherType() =>
        Assert.That(
            () => new Tensor(TensorType.Int8, 1, 1).Int32.Length,
            Throws.InvalidOperationException.With.Message.EqualTo("The tensor holds Int8, not Int32."));

    [Test]
    public void RefusesUnknownTypesAndSizesOutOfRange()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => new Tensor(0, 1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Tensor((TensorType)6, 1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Tensor(TensorType.Int8, 0, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Tensor(TensorType.Int8, 1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new Tensor(TensorType.Int64, int.MaxValue, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }
}
