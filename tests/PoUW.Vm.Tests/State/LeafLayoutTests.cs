using PoUW.Core.Work;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

[TestFixture]
public sealed class LeafLayoutTests
{
    [TestCase(TensorType.Int8, 32, 32, true, 1, 1)]
    [TestCase(TensorType.Int8, 33, 95, true, 6, 8)]
    [TestCase(TensorType.Int8, 31, 4096, false, 124, 124)]
    [TestCase(TensorType.Int8, 4096, 31, false, 124, 124)]
    [TestCase(TensorType.Int8, 1025, 1, false, 2, 2)]
    [TestCase(TensorType.UInt8, 64, 64, false, 4, 4)]
    [TestCase(TensorType.Float32, 257, 1, false, 2, 2)]
    [TestCase(TensorType.Int8, 33, 33 << 19, true, 2 * (33 << 14), 1 << 21)]
    public void CutsByTypeAndShape(TensorType type, int rows, int columns, bool isMatrix, int leaves, int width)
    {
        LeafLayout layout = new(type, rows, columns);
        Assert.That((layout.IsMatrix, layout.Count, layout.TreeWidth), Is.EqualTo((isMatrix, leaves, width)));
    }

    [Test]
    public void EveryByteLiesInTheLeafThatIsNamed()
    {
        foreach ((string name, Tensor tensor) in SampleState.Create(1))
        {
            LeafLayout layout = new(tensor);
            Tensor other = new(tensor.Type, tensor.Rows, tensor.Columns);
            byte[] content = new byte[StateCommitment.LeafBytes];
            for (int offset = 0; offset < other.Bytes.Length; offset += 61)
            {
                other.Bytes.Clear();
                other.Bytes[offset] = 1;
                for (int leaf = 0; leaf < layout.Count; leaf++)
                {
                    layout.Read(other.Bytes, leaf, content);
                    bool holds = content.AsSpan(0, layout.LengthOf(leaf)).Contains((byte)1);
                    Assert.That(holds, Is.EqualTo(leaf == layout.LeafOf(offset)), $"{name} byte {offset} leaf {leaf}");
                }
            }
        }
    }

    [Test]
    public void AMatrixCommitsAsItsTickets()
    {
        foreach ((string name, Tensor tensor) in SampleState.Create(2).Where(slot => new LeafLayout(slot.Tensor).IsMatrix))
        {
            MatrixCommitment commitment = MatrixCommitment.Compute(tensor.Int8, tensor.Rows, tensor.Columns);
            Assert.That(StateCommitment.DataRoot(tensor), Is.EqualTo(commitment.Root), name);
        }
    }

    [Test]
    public void PaddingIsFoundOnlyBeyondTheEdges()
    {
        LeafLayout layout = new(TensorType.Int8, 33, 95);
        byte[] block = new byte[StateCommitment.LeafBytes];
        for (int leaf = 0; leaf < layout.Count; leaf++)
        {
            for (int i = 0; i < block.Length; i++)
            {
                Array.Clear(block);
                block[i] = 1;
                bool inside = (leaf / 3 * 32) + (i / 32) < 33 && (leaf % 3 * 32) + (i % 32) < 95;
                Assert.That(layout.HasZeroPadding(leaf, block), Is.EqualTo(inside), $"leaf {leaf} byte {i}");
            }
        }
    }
}
