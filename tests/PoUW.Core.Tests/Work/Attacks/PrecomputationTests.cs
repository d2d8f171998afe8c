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
    private static readonly TileWorkShape Shape = new(64, 64, 2048, false, false);
    private static readonly AttackBench Bench = AttackBench.Uniform(64, 64, 2048, 19);

    [Test]
    public void TicketsOfOneParentFailUnderAnother([Values] bool bound)
    {
        (AttackBench before, AttackBench after) = Parents(bound);
        for (int tile = 0; tile < 8; tile++)
        {
            (int i, int j, int g) = (tile / 4, tile / 2 % 2, tile % 2);
            WorkCertificate certificate = before.Oracle.Certify(i, j, g);
            Assert.That(before.Verify(certificate, before.EasyTarget(g)), Is.EqualTo(ValidationResult.Ok));
            Assert.That(after.Verify(certificate, after.EasyTarget(g)).Code, Is.EqualTo(ValidationCode.WrongTileState));
        }
    }

    [Test]
    public void WhatWasComputedBeforeTheParentHelpsNowhere([Values] bool bound)
    {
        (AttackBench one, AttackBench other) = Parents(bound);
        (NoisedProduct before, NoisedProduct after) = (one.Product, other.Product);
        Assert.That(other.Oracle.Seeds.SeedA, Is.Not.EqualTo(one.Oracle.Seeds.SeedA));
        Assert.That(other.Oracle.Seeds.SeedB, Is.Not.EqualTo(one.Oracle.Seeds.SeedB));
        Assert.That(Shared([.. before.DenseA, .. before.DenseB], [.. after.DenseA, .. after.DenseB]), Is.Zero, "dense noise");
        Assert.That(Shared(Strips(before.NoisyA, before.Rank), Strips(after.NoisyA, after.Rank)), Is.Zero, "strips of A'");
        Assert.That(Shared(Strips(before.NoisyB, before.Rank), Strips(after.NoisyB, after.Rank)), Is.Zero, "strips of B'");

        // Snapshots, and what one strip adds to them, of any tile against any tile.
        int[][] sums = [.. PartialSums(before)];
        Assert.That(sums, Has.Length.EqualTo(8 * (32 + 31)));
        Assert.That(Shared(sums, sums), Is.EqualTo(sums.Length), "the comparison finds what is there");
        Assert.That(Shared(sums, PartialSums(after)), Is.Zero, "partial sums");
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

    [Test]
    public void EveryBitOfAClaimChangesTheSeeds()
    {
        // job | unit | attempt | step | operation | miner. The lease, in seedB, follows from the first three; step and operation are in seedA
        // alone, so that operations with the same weights can share B'.
        byte[] fields = new byte[32 + 8 + 8 + 8 + 4 + 20];
        new Random(29).NextBytes(fields);
        TileWorkSeeds original = Derive(BoundTemplate(fields));
        HashSet<Hash256> seeds = [original.SeedA];
        for (int bit = 0; bit < fields.Length * 8; bit++)
        {
            byte[] flipped = [.. fields];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            TileWorkSeeds changed = Derive(BoundTemplate(flipped));
            Assert.That(seeds.Add(changed.SeedA), Is.True, $"bit {bit}");
            Assert.That(changed.SeedB == original.SeedB, Is.EqualTo(bit / 8 is >= 48 and < 60), $"bit {bit}");
        }
    }

    private static (AttackBench Before, AttackBench After) Parents(bool bound)
    {
        WorkTemplate Template(byte parent) => bound
            ? WorkTemplate.Bound(1, 26, Hash256.Sha256([parent]), 0x1d00ffff, new BoundClaim(Hash256.Sha256([8]), 1, 2, 3, 4), default, 1)
            : WorkTemplate.Unbound(1, Header(parent), 1);
        return (Bench.Under(Template(1)), Bench.Under(Template(2)));
    }

    private static byte[] Header(byte parent) => new BlockHeader
    {
        ChainId = 1,
        Height = 26,
        ParentHash = Hash256.Sha256([parent]),
        TimestampMs = 1_700_000_000_000,
        Bits = 0x1d00ffff,
        Producer = default,
        TransactionRoot = Hash256.Sha256([3]),
        StateRoot = Hash256.Sha256([4]),
        ReceiptsRoot = Hash256.Sha256([5]),
    }.EncodeIncomplete();

    private static WorkTemplate BoundTemplate(ReadOnlySpan<byte> fields)
    {
        var claim = new BoundClaim(
            new Hash256(fields[..32]),
            BinaryPrimitives.ReadUInt64LittleEndian(fields[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(fields[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(fields[48..]),
            BinaryPrimitives.ReadUInt32LittleEndian(fields[56..]));
        return WorkTemplate.Bound(1, 26, Hash256.Sha256([1]), 0x1d00ffff, claim, new Address(fields[60..]), 1);
    }

    private static Hash256 BoundSigma(ReadOnlySpan<byte> fields) => TileWorkSeeds.BoundSigma(
        BinaryPrimitives.ReadUInt64LittleEndian(fields),
        BinaryPrimitives.ReadUInt64LittleEndian(fields[8..]),
        new Hash256(fields.Slice(16, 32)),
        BinaryPrimitives.ReadUInt32LittleEndian(fields[48..]),
        new Hash256(fields.Slice(52, 32)),
        fields[84..]);

    private static TileWorkSeeds Derive(WorkTemplate template) =>
        TileWorkSeeds.Derive(template.Sigma, Shape, Hash256.Sha256([6]), Hash256.Sha256([7]), template.Binding);

    // False if either seed was there before.
    private static bool AddSeeds(HashSet<Hash256> seeds, Hash256 sigma)
    {
        TileWorkSeeds derived = Derive(new WorkTemplate(sigma, Hash256.Zero, 1));
        return seeds.Add(derived.SeedA) & seeds.Add(derived.SeedB);
    }

    private static int Shared<T>(IEnumerable<T[]> before, IEnumerable<T[]> after)
        where T : unmanaged
    {
        var known = new HashSet<string>(before.Select(Key));
        return after.Count(part => known.Contains(Key(part)));
    }

    private static IEnumerable<sbyte[]> Strips(sbyte[][] vectors, int rank) => vectors.SelectMany(vector => vector.Chunk(rank));

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
