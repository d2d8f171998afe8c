using System.Buffers.Binary;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// Nothing can be mined before the parent is known: the parent's hash is in sigma, sigma in both seeds, and the seeds give all noise. What was
/// computed for one header is worth nothing under another.
/// </summary>
public sealed class PrecomputationTests
{
    private const int Height = 26;
    private static readonly TileWorkShape Shape = new(64, 64, 2048, false, false);
    private static readonly AttackBench Before = AttackBench.Uniform(64, 64, 2048, 19).Under(Header(1));
    private static readonly AttackBench After = Before.Under(Header(2));

    [Test]
    public void TicketsOfOneParentFailUnderAnother()
    {
        for (int tile = 0; tile < 8; tile++)
        {
            (int i, int j, int g) = (tile / 4, tile / 2 % 2, tile % 2);
            WorkCertificate certificate = Before.Oracle.Certify(i, j, g);
            Assert.That(Before.Verify(certificate, Before.EasyTarget(g)), Is.EqualTo(ValidationResult.Ok));
            Assert.That(After.Verify(certificate, After.EasyTarget(g)).Code, Is.EqualTo(ValidationCode.WrongTileState));
        }
    }

    [Test]
    public void WhatWasComputedBeforeTheParentHelpsNowhere()
    {
        Assert.That(After.Oracle.Seeds.SeedA, Is.Not.EqualTo(Before.Oracle.Seeds.SeedA));
        Assert.That(After.Oracle.Seeds.SeedB, Is.Not.EqualTo(Before.Oracle.Seeds.SeedB));
        AssertNothingShared(product => product.DenseA.Concat(product.DenseB), "dense noise");
        AssertNothingShared(product => Strips(product, product.NoisyA), "strips of A'");
        AssertNothingShared(product => Strips(product, product.NoisyB), "strips of B'");

        // Snapshots, and what one strip adds to them, of any tile against any tile.
        var before = new HashSet<string>(PartialSums(Before.Product).Select(Key));
        List<string> after = [.. PartialSums(After.Product).Select(Key)];
        Assert.That(before, Has.Count.EqualTo(after.Count).And.Count.EqualTo(8 * (32 + 31)), "all different");
        Assert.That(after.Count(before.Contains), Is.Zero, "partial sums");
    }

    [Test]
    public void EveryBitOfAHeaderChangesBothSeeds()
    {
        byte[] header = Header(1);
        HashSet<Hash256> seeds = [];
        int variants = 1 + (header.Length * 8) + 64;
        Assert.That(AddSeeds(seeds, TileWorkSeeds.UnboundSigma(1, header)), Is.True);
        for (int bit = 0; bit < header.Length * 8; bit++)
        {
            byte[] flipped = [.. header];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(AddSeeds(seeds, TileWorkSeeds.UnboundSigma(1, flipped)), Is.True, $"bit {bit}");
        }

        for (int bit = 0; bit < 64; bit++)
        {
            Assert.That(AddSeeds(seeds, TileWorkSeeds.UnboundSigma(1 ^ (1UL << bit), header)), Is.True, $"bit {bit} of the chain");
        }

        Assert.That(seeds, Has.Count.EqualTo(2 * variants));
    }

    [Test]
    public void EveryBitOfTheFieldsOfABoundTicketChangesBothSeeds()
    {
        // chain | height | previous hash | bits | lease | miner key.
        byte[] fields = new byte[8 + 8 + 32 + 4 + 32 + 65];
        new Random(23).NextBytes(fields);
        HashSet<Hash256> seeds = [];
        Assert.That(AddSeeds(seeds, BoundSigma(fields)), Is.True);
        for (int bit = 0; bit < fields.Length * 8; bit++)
        {
            byte[] flipped = [.. fields];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(AddSeeds(seeds, BoundSigma(flipped)), Is.True, $"bit {bit}");
        }

        Assert.That(seeds, Has.Count.EqualTo(2 * (1 + (fields.Length * 8))));
    }

    [Test]
    public void BothFormsOfATicketHaveTheirOwnSigma()
    {
        byte[] fields = new byte[8 + 32 + 4 + 32];
        Assert.That(
            TileWorkSeeds.UnboundSigma(0, fields),
            Is.Not.EqualTo(TileWorkSeeds.BoundSigma(0, 0, Hash256.Zero, 0, Hash256.Zero, [])));
    }

    private static byte[] Header(byte parent) => new BlockHeader
    {
        ChainId = 1,
        Height = Height,
        ParentHash = Hash256.Sha256([parent]),
        TimestampMs = 1_700_000_000_000,
        Bits = 0x1d00ffff,
        Producer = default,
        TransactionRoot = Hash256.Sha256([3]),
        StateRoot = Hash256.Sha256([4]),
        ReceiptsRoot = Hash256.Sha256([5]),
    }.EncodeIncomplete();

    private static Hash256 BoundSigma(ReadOnlySpan<byte> fields) => TileWorkSeeds.BoundSigma(
        BinaryPrimitives.ReadUInt64LittleEndian(fields),
        BinaryPrimitives.ReadUInt64LittleEndian(fields[8..]),
        new Hash256(fields.Slice(16, 32)),
        BinaryPrimitives.ReadUInt32LittleEndian(fields[48..]),
        new Hash256(fields.Slice(52, 32)),
        fields[84..]);

    // False if either seed was there before.
    private static bool AddSeeds(HashSet<Hash256> seeds, Hash256 sigma)
    {
        var derived = TileWorkSeeds.Derive(sigma, Shape, Hash256.Sha256([6]), Hash256.Sha256([7]), Hash256.Zero);
        return seeds.Add(derived.SeedA) & seeds.Add(derived.SeedB);
    }

    private static void AssertNothingShared(Func<NoisedProduct, IEnumerable<sbyte[]>> parts, string what)
    {
        var before = new HashSet<string>(parts(Before.Product).Select(Key));
        Assert.That(before, Is.Not.Empty);
        Assert.That(parts(After.Product).Count(part => before.Contains(Key(part))), Is.Zero, what);
    }

    private static IEnumerable<sbyte[]> Strips(NoisedProduct product, sbyte[][] vectors) =>
        vectors.SelectMany(vector => vector.Chunk(product.Rank));

    private static IEnumerable<int[]> PartialSums(NoisedProduct product)
    {
        for (int tile = 0; tile < 8; tile++)
        {
            List<int[]> snapshots = product.Honest(tile / 4, tile / 2 % 2, tile % 2, product.Rank, new MacCounter());
            for (int s = 0; s < snapshots.Count; s++)
            {
                yield return snapshots[s];
                if (s > 0)
                {
                    yield return [.. snapshots[s].Zip(snapshots[s - 1], (x, y) => x - y)];
                }
            }
        }
    }

    private static string Key<T>(T[] values)
        where T : unmanaged =>
        Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values));
}
