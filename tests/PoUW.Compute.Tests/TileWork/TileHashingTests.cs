using PoUW.Compute.TileWork;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

public sealed class TileHashingTests
{
    [Test]
    public void TreesEqualTheScalarCommitment(
        [Values(1, 32, 33, 200, 513)] int rows, [Values(1, 31, 64, 70, 784)] int columns)
    {
        var random = new Random(rows * columns);
        sbyte[] matrix = [.. Enumerable.Range(0, rows * columns).Select(_ => (sbyte)random.Next(-63, 64))];
        MatrixCommitment expected = MatrixCommitment.Compute(matrix, rows, columns);
        var tree = new MatrixTree();
        tree.Compute(new sbyte[512 * 512], 512, 512);
        tree.Compute(matrix, rows, columns);
        Assert.That(tree.Root, Is.EqualTo(expected.Root));
        Assert.That(tree.Tag, Is.EqualTo(expected.Tag));
        Assert.That(tree.Tree[32..].SequenceEqual(expected.Tree.Span[32..]), Is.True, "nodes");
    }
}
