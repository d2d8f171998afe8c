using PoUW.Vm.Execution;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Data;

[TestFixture]
public sealed class DataMoveTests
{
    private static readonly TensorType[] Types = [TensorType.Int8, TensorType.UInt8, TensorType.Int32, TensorType.Float32];

    [TestCaseSource(nameof(Types))]
    public void TransposeSwapsRowsAndColumns(TensorType type)
    {
        Tensor s = Numbered(type, 3, 5);
        Tensor d = Run(DataOps.Transpose, new Tensor(type, 5, 3), s);
        for (int i = 0; i < s.Length; i++)
        {
            Assert.That(Element(d, ((i % 5) * 3) + (i / 5)), Is.EqualTo(Element(s, i)));
        }
    }

    [TestCaseSource(nameof(Types))]
    public void PermuteFollowsTheIndexFormula(TensorType type)
    {
        int[] n = [2, 3, 4, 5];
        Tensor s = Numbered(type, 6, 20);
        foreach (int[] p in Permutations())
        {
            Tensor d = Run(DataOps.Permute, [.. n, .. p], [], new Tensor(type, 120, 1), s);
            for (int at = 0; at < s.Length; at++)
            {
                int[] index = [at / 60, (at / 20) % 3, (at / 5) % 4, at % 5];
                int to = 0;
                foreach (int place in p)
                {
                    to = (to * n[place]) + index[place];
                }

                Assert.That(Element(d, to), Is.EqualTo(Element(s, at)), string.Join(',', p));
            }
        }
    }

    [TestCaseSource(nameof(Types))]
    public void CopyColumnsLeavesTheOthers(TensorType type)
    {
        Tensor s = Numbered(type, 2, 4);
        Tensor d = new(type, 2, 3);
        d.Bytes.Fill(0x55);
        Tensor before = Copy(d);
        Run(DataOps.CopyColumns, [1, 2, 2], [], d, s);
        for (int row = 0; row < 2; row++)
        {
            Assert.That(Element(d, 3 * row), Is.EqualTo(Element(before, 3 * row)));
            Assert.That(Element(d, (3 * row) + 1), Is.EqualTo(Element(s, (4 * row) + 2)));
            Assert.That(Element(d, (3 * row) + 2), Is.EqualTo(Element(s, (4 * row) + 3)));
        }
    }

    /// <summary>Rows 0, 1 and 2 of s go to row 1 in this order, so that 1e8 swallows the 1: 0, not 1.</summary>
    [Test]
    public void ScatterAddsInOrder()
    {
        Tensor d = Floats(2, 2, 5, 6, 0, 7);
        Tensor s = Floats(4, 2, 1e8f, 1, 1, 2, -1e8f, 3, 1, float.NaN);
        Run(DataOps.ScatterAddRows, d, s, Ints(4, 1, 1, 1, 1, 0));
        Assert.That(BitsOf(d), Is.EqualTo(new uint[] { 0x40C00000, NaNBits, 0, 0x41500000 }));
    }

    [TestCase(-1)]
    [TestCase(2)]
    public void ScatterTrapsOutside(int index)
    {
        Tensor[] operands = [Empty(2, 2), Empty(1, 2), Ints(1, 1, index)];
        Assert.That(Trap(DataOps.ScatterAddRows, [], [], operands), Is.EqualTo(VmTrap.ElementOutOfRange));
    }

    /// <summary>A move is no arithmetic: a NaN keeps its bits.</summary>
    [Test]
    public void MovesCopyBits()
    {
        Tensor s = Floats(1, 2, Bits(0xFFC12345), Bits(0x7F800001));
        uint[] expected = BitsOf(s);
        Assert.That(BitsOf(Run(DataOps.Transpose, Empty(2, 1), s)), Is.EqualTo(expected));
        Assert.That(BitsOf(Run(DataOps.Permute, [1, 1, 1, 2, 3, 2, 1, 0], [], Empty(1, 2), s)), Is.EqualTo(expected));
        Assert.That(BitsOf(Run(DataOps.CopyColumns, [0, 0, 2], [], Empty(1, 2), s)), Is.EqualTo(expected));
    }

    private static IEnumerable<int[]> Permutations() =>
        from a in Enumerable.Range(0, 4)
        from b in Enumerable.Range(0, 4)
        from c in Enumerable.Range(0, 4)
        from d in Enumerable.Range(0, 4)
        where new HashSet<int> { a, b, c, d }.Count == 4
        select new[] { a, b, c, d };

    /// <summary>All bytes of an element depend on its number.</summary>
    private static Tensor Numbered(TensorType type, int rows, int columns)
    {
        Tensor tensor = new(type, rows, columns);
        int size = Tensor.ElementSize(type);
        for (int i = 0; i < tensor.Bytes.Length; i++)
        {
            tensor.Bytes[i] = (byte)(((i / size) + (i % size * 7)) % 256);
        }

        return tensor;
    }

    private static string Element(Tensor tensor, int index)
    {
        int size = Tensor.ElementSize(tensor.Type);
        return Convert.ToHexString(tensor.Bytes.Slice(index * size, size));
    }
}
