using PoUW.Vm.Backends;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

[TestFixture]
public sealed class FloatProductTests
{
    [Test]
    public void BatchOfTwoByHand()
    {
        Tensor a = Floats(2, 2, 1, 2, 3, 4);
        Tensor b = Floats(4, 1, 10, 100, 1, -1);
        Assert.That(Run(FloatProductOps.BatchMatMul, [2, 0, 0], [], Empty(2, 1), a, b).Float32.ToArray(), Is.EqualTo(new[] { 210f, -1 }));
    }

    [Test]
    public void EveryProductOfABatchIsAMatMul([Values] bool transposeA, [Values] bool transposeB)
    {
        const int count = 3;
        MatMulShape shape = new(4, 5, 6, transposeA, transposeB);
        (int rowsA, int columnsA) = transposeA ? (5, 4) : (4, 5);
        (int rowsB, int columnsB) = transposeB ? (6, 5) : (5, 6);
        (Tensor a, Tensor b) = (Random(count * rowsA, columnsA, 1), Random(count * rowsB, columnsB, 2));
        a.Float32[3] = Bits(0xFFC00001);
        Tensor c = Run(FloatProductOps.BatchMatMul, [count, transposeA ? 1 : 0, transposeB ? 1 : 0], [], Empty(count * 4, 6), a, b);
        for (int i = 0; i < count; i++)
        {
            Tensor one = Empty(4, 6);
            new ScalarBackend().MatMul(shape, Part(a, i, count), Part(b, i, count), one);
            Assert.That(BitsOf(Part(c, i, count)), Is.EqualTo(BitsOf(one)), $"product {i}");
        }

        Assert.That(BitsOf(c), Does.Contain(NaNBits));
    }

    private static Tensor Part(Tensor tensor, int index, int count)
    {
        int rows = tensor.Rows / count;
        Tensor part = new(TensorType.Float32, rows, tensor.Columns);
        tensor.Float32.Slice(index * part.Length, part.Length).CopyTo(part.Float32);
        return part;
    }
}
