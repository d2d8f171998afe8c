using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

public sealed class MerkleMultiproofTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public bool AnyOpeningGivesTheRoot(byte rows, byte columns, int seed)
    {
        var random = new Random(seed);
        int height = 1 + (rows % 200);
        int width = 1 + (columns % 200);
        sbyte[] matrix = [.. Enumerable.Range(0, height * width).Select(_ => (sbyte)random.Next(-64, 64))];
        MatrixCommitment commitment = MatrixCommitment.Compute(matrix, height, width);
        int blocks = TileWorkParameters.BlockCount(height) * TileWorkParameters.BlockCount(width);
        int[] leaves = [.. Enumerable.Range(0, blocks).OrderBy(_ => random.Next()).Take(random.Next(1, Math.Min(blocks, 32) + 1)).Order()];

        int padded = MatrixCommitment.PaddedLeaves(height, width);
        byte[] siblings = new byte[MerkleMultiproof.SiblingCount(leaves, padded) * 32];
        MerkleMultiproof.Write(commitment.Tree.Span, leaves, siblings);
        byte[] hashes = [.. leaves.SelectMany(l => commitment.Tree.Slice((padded + l) * 32, 32).ToArray())];
        return MerkleMultiproof.ComputeRoot(leaves, hashes, siblings, padded) == commitment.Root;
    }

    [Test]
    public void SingleBlockIsItsOwnRoot()
    {
        sbyte[] block = new sbyte[32 * 32];
        block[5] = 9;
        byte[] leaf = new byte[32];
        MatrixCommitment.HashLeaf([.. block.Select(x => (byte)x)], leaf);
        Assert.That(MatrixCommitment.Compute(block, 32, 32).Root, Is.EqualTo(new Hash256(leaf)));
    }

    [Test]
    public void DimensionsAreBoundIntoTheTag()
    {
        sbyte[] zeros = new sbyte[33 * 65];
        MatrixCommitment wide = MatrixCommitment.Compute(zeros, 33, 65);
        MatrixCommitment other = MatrixCommitment.Compute(new sbyte[33 * 64], 33, 64);
        Assert.That(wide.Tag, Is.Not.EqualTo(other.Tag));
        Assert.That(wide.Tree.Length, Is.EqualTo(16 * 32), "six blocks pad to eight leaves");
        Assert.That(wide.Tree.Span[(14 * 32)..].ContainsAnyExcept((byte)0), Is.False, "padding leaves are zero bytes");
    }

    [Test]
    public void WrongSizeIsRefused() =>
        Assert.That(() => MatrixCommitment.Compute(new sbyte[10], 3, 4), Throws.ArgumentException);
}
