using System.Buffers.Binary;
using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>Certificates that lie: about the shape, the tile, the noise, the openings, the template.</summary>
public sealed class TamperTests
{
    private const ulong Chain = 7;
    private const ulong Height = 12;
    private const uint Bits = 0x1f00ffff;
    private const int MAt = 3;
    private const int NAt = 7;
    private const int KAt = 11;
    private const int TileRowAt = 79;
    private const int TileColumnAt = 83;
    private const int SegmentAt = 87;
    private const int StateAt = 91;
    private static readonly Hash256 Parent = Hash256.Sha256([1]);
    private static readonly Hash256 Job = Hash256.Sha256([2]);
    private static readonly Address Miner = new(Hash256.Sha256([3]).ToArray().AsSpan(0, 20));
    private static readonly BoundClaim Claim = new(Job, 3, 4, 5, 6);
    private static readonly WorkTemplate Template = Bound(Claim);
    private static readonly TileWorkShape Small = new(33, 65, 40, false, false);

    [Test]
    public void EveryByteOfASmallBoundCertificateCounts()
    {
        WorkCertificate valid = Oracle(Small, Template).Certify(1, 2, 0);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        byte[] data = valid.PublicData.ToArray(), witness = valid.Witness.ToArray();
        Assert.That(witness, Has.Length.EqualTo((4 * 1024) + (2 * 32) + (3 * 32)));
        var random = new Random(1);
        foreach (byte[] part in new[] { data, witness })
        {
            for (int i = 0; i < part.Length; i++)
            {
                byte change = (byte)random.Next(1, 256);
                part[i] ^= change;
                Assert.That(Verify(Template, new WorkCertificate(data, witness)), Is.Not.EqualTo(ValidationCode.Ok), $"byte {i} of {part.Length}");
                part[i] ^= change;
            }
        }

        Assert.That(Verify(Template, new WorkCertificate(data, witness)), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void LiesAboutDimensionsAreFound([Values] bool transposeA, [Values] bool transposeB)
    {
        // Every lie keeps the number of tiles and segments where it can, so that nothing but the tags and the padding can find it.
        var shape = new TileWorkShape(50, 70, 1500, transposeA, transposeB);
        WorkCertificate valid = Oracle(shape, Template).Certify(0, 0, 1);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        foreach ((int at, int value) in new[]
        {
            (MAt, 49), (MAt, 51), (MAt, 64), (MAt, 32), (NAt, 69), (NAt, 71), (NAt, 96), (NAt, 64),
            (KAt, 1499), (KAt, 1501), (KAt, 1504), (KAt, 1505), (KAt, 1472), (KAt, 1024), (KAt, 1537), (KAt, 2048), (KAt, 3584), (KAt, 4096),
        })
        {
            Assert.That(Verify(Template, With(valid, at, value)), Is.Not.EqualTo(ValidationCode.Ok), $"{value} at {at}");
        }

        byte[] turned = valid.PublicData.ToArray();
        turned[2] ^= 1;
        Assert.That(Verify(Template, valid with { PublicData = turned }), Is.Not.EqualTo(ValidationCode.Ok), "transA");
        turned[2] ^= 3;
        Assert.That(Verify(Template, valid with { PublicData = turned }), Is.Not.EqualTo(ValidationCode.Ok), "transB");
    }

    [TestCase(1500, 2048)]
    [TestCase(1500, 1536)]
    [TestCase(1024, 2048)]
    [TestCase(512, 1024)]
    public void LiesAboutTheLengthOfASegmentAreFound(int k, int claimed)
    {
        // A k that makes the last segment longer, with the blocks that it then asks for: virtual zeros are no committed zeros.
        var shape = new TileWorkShape(32, 32, k, false, true);
        WorkCertificate valid = Oracle(shape, Template).Certify(0, 0, shape.Segments - 1);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        var lie = new TileWorkShape(32, 32, claimed, false, true);
        WorkWitness layout = new(lie, 0, 0, lie.Segments - 1);
        (int siblingsA, int siblingsB) = layout.SiblingCounts();
        byte[] witness = new byte[(2 * layout.StripBytes) + (32 * (siblingsA + siblingsB))];
        int strip = shape.OpenedBlocks(shape.Segments - 1) * 1024;
        valid.Witness.Span[..Math.Min(strip, layout.StripBytes)].CopyTo(witness);
        valid.Witness.Span.Slice(strip, Math.Min(strip, layout.StripBytes)).CopyTo(witness.AsSpan(layout.StripBytes));
        WorkCertificate lying = With(With(valid, KAt, claimed), SegmentAt, lie.Segments - 1) with { Witness = witness };
        Assert.That(Verify(Template, lying), Is.EqualTo(ValidationCode.BadOpening));
        Assert.That(Verify(Template, With(valid, KAt, claimed)), Is.Not.EqualTo(ValidationCode.Ok), "the old witness");
    }

    // Tile numbers count tiles, so there is no unaligned tile; offsets in elements, wrapped offsets and neighbours are out of range.
    [TestCase(TileRowAt, 2)]
    [TestCase(TileRowAt, 32)]
    [TestCase(TileRowAt, 1 << 27)]
    [TestCase(TileRowAt, int.MinValue)]
    [TestCase(TileRowAt, -1)]
    [TestCase(TileColumnAt, 3)]
    [TestCase(TileColumnAt, 64)]
    [TestCase(TileColumnAt, 1 << 27)]
    [TestCase(TileColumnAt, int.MinValue)]
    [TestCase(SegmentAt, 2)]
    [TestCase(SegmentAt, 1024)]
    [TestCase(SegmentAt, 1 << 22)]
    [TestCase(SegmentAt, int.MinValue)]
    public void TilesOutsideTheProductAreRefused(int at, int value)
    {
        WorkCertificate valid = Oracle(new TileWorkShape(50, 70, 1500, false, true), Template).Certify(1, 2, 0);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Verify(Template, With(valid, at, value)), Is.EqualTo(ValidationCode.BadTile));
    }

    [TestCase(TileRowAt, 0)]
    [TestCase(TileColumnAt, 0)]
    [TestCase(TileColumnAt, 1)]
    [TestCase(SegmentAt, 1)]
    public void TheWitnessOfAnotherTileIsRefused(int at, int value)
    {
        WorkCertificate valid = Oracle(new TileWorkShape(50, 70, 1500, false, true), Template).Certify(1, 2, 0);
        Assert.That(Verify(Template, With(valid, at, value)), Is.EqualTo(ValidationCode.BadOpening).Or.EqualTo(ValidationCode.Malformed)
            .Or.EqualTo(ValidationCode.NonZeroPadding));
    }

    [TestCase(2048, 64, 64)]
    [TestCase(2048, 32, 64)]
    [TestCase(2048, 16, 16)]
    [TestCase(4096, 32, 32)]
    [TestCase(4096, 64, 128)]
    [TestCase(4096, 64, 1024)]
    public void AnotherRankOrStrideGivesAnInvalidCertificate(int k, int rank, int stride)
    {
        // The rank is derived from k and nowhere written, so a liar can only carry the tile state of his own rule.
        var shape = new TileWorkShape(32, 32, k, false, true);
        TileWorkOracle oracle = Oracle(shape, Template);
        WorkCertificate valid = oracle.Certify(0, 0, 1);
        Assert.That(Verify(Template, With(valid, oracle, shape.Rank, shape.Stride)), Is.EqualTo(ValidationCode.Ok), "the honest rule");
        Assert.That(Verify(Template, With(valid, oracle, rank, stride)), Is.EqualTo(ValidationCode.WrongTileState));
    }

    [Test]
    public void BlocksAndSiblingsCannotBeMovedOrRepeated()
    {
        var shape = new TileWorkShape(96, 96, 1024, true, false);
        WorkCertificate valid = Oracle(shape, Template).Certify(1, 1, 0);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Verify(Template, Moved(0, 1024, 1024)), Is.EqualTo(ValidationCode.BadOpening), "a block twice");
        Assert.That(Verify(Template, Moved(0, 32 * 1024, 32 * 1024)), Is.EqualTo(ValidationCode.BadOpening), "a strip for the other");
        int proof = 64 * 1024, siblings = (valid.Witness.Length - proof) / 32;
        Assert.That(siblings, Is.GreaterThan(10));
        for (int i = 0; i < siblings - 1; i++)
        {
            Assert.That(Verify(Template, Moved(proof + (i * 32), proof + (i * 32) + 32, 32)), Is.EqualTo(ValidationCode.BadOpening), $"sibling {i} twice");
            Assert.That(Verify(Template, Swapped(proof + (i * 32))), Is.EqualTo(ValidationCode.BadOpening), $"siblings {i} and {i + 1} swapped");
        }

        foreach (int length in new[] { 0, 1, 31, 32, proof, valid.Witness.Length - 32, valid.Witness.Length - 1, valid.Witness.Length + 1, valid.Witness.Length + 32 })
        {
            byte[] witness = new byte[length];
            valid.Witness.Span[..Math.Min(length, valid.Witness.Length)].CopyTo(witness);
            Assert.That(Verify(Template, valid with { Witness = witness }), Is.EqualTo(ValidationCode.Malformed), $"{length} bytes");
        }

        WorkCertificate Moved(int from, int to, int bytes)
        {
            byte[] witness = valid.Witness.ToArray();
            valid.Witness.Span.Slice(from, bytes).CopyTo(witness.AsSpan(to));
            return valid with { Witness = witness };
        }

        WorkCertificate Swapped(int at)
        {
            byte[] witness = valid.Witness.ToArray();
            valid.Witness.Span.Slice(at, 32).CopyTo(witness.AsSpan(at + 32));
            valid.Witness.Span.Slice(at + 32, 32).CopyTo(witness.AsSpan(at));
            return valid with { Witness = witness };
        }
    }

    [Test]
    public void LeavesBeyondTheMatrixCannotBeOpened()
    {
        // 3 x 3 blocks pad to 16 leaves. Tile row 3 of the transposed A would open leaves of other rows or the padding.
        WorkCertificate valid = Oracle(new TileWorkShape(96, 96, 96, true, false), Template).Certify(2, 2, 0);
        Assert.That(Verify(Template, With(valid, TileRowAt, 3)), Is.EqualTo(ValidationCode.BadTile));
        Assert.That(Verify(Template, With(valid, TileColumnAt, 3)), Is.EqualTo(ValidationCode.BadTile));
        Assert.That(Verify(Template, With(With(valid, MAt, 128), TileRowAt, 3)), Is.EqualTo(ValidationCode.BadOpening), "m claims a fourth row");
        var widest = new TileWorkShape(96, 96, 96, true, false);
        Assert.That(widest.LeafA(2, 2), Is.EqualTo(8), "the last leaf of nine");
    }

    [Test]
    public void EveryInputOfABoundTemplateIsBound()
    {
        WorkCertificate valid = Oracle(Small, Template).Certify(0, 1, 0);
        Assert.That(Verify(Template, valid), Is.EqualTo(ValidationCode.Ok));
        Address other = new(Hash256.Sha256([9]).ToArray().AsSpan(0, 20));
        BoundClaim[] claims =
        [
            Claim with { JobId = Parent }, Claim with { Unit = 4 }, Claim with { Attempt = 5 }, Claim with { Step = 6 }, Claim with { Operation = 7 },
        ];
        Assert.That(claims.Select(claim => Verify(Bound(claim), valid)), Has.All.EqualTo(ValidationCode.BadBinding));
        BigInteger target = Template.Target;
        WorkTemplate[] templates =
        [
            WorkTemplate.Bound(Chain + 1, Height, Parent, Bits, Claim, Miner, target),
            WorkTemplate.Bound(Chain, Height + 1, Parent, Bits, Claim, Miner, target),
            WorkTemplate.Bound(Chain, Height, Job, Bits, Claim, Miner, target),
            WorkTemplate.Bound(Chain, Height, Parent, Bits + 1, Claim, Miner, target),
            WorkTemplate.Bound(Chain, Height, Parent, Bits, Claim, other, target),
        ];
        Assert.That(templates.Select(template => Verify(template, valid)), Has.All.EqualTo(ValidationCode.WrongTileState));
    }

    [Test]
    public void BoundAndUnboundAreNotConfused()
    {
        WorkTemplate unbound = WorkTemplate.Unbound(Chain, TileWorkVector.Header, Template.Target);
        WorkCertificate bound = Oracle(Small, Template).Certify(0, 0, 0), free = Oracle(Small, unbound).Certify(0, 0, 0);
        Assert.That(Verify(Template, bound), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Verify(unbound, free), Is.EqualTo(ValidationCode.Ok));
        Assert.That(Verify(Template, free), Is.EqualTo(ValidationCode.BadBinding));
        Assert.That(Verify(unbound, bound), Is.EqualTo(ValidationCode.BadBinding));

        byte[] flagOnly = free.PublicData.ToArray();
        flagOnly[2] |= 4;
        Assert.That(Verify(unbound, free with { PublicData = flagOnly }), Is.EqualTo(ValidationCode.BadBinding), "a flag without a binding");
        Assert.That(Verify(Template, free with { PublicData = flagOnly }), Is.EqualTo(ValidationCode.BadBinding));
        byte[] noFlag = bound.PublicData.ToArray();
        noFlag[2] &= 3;
        Assert.That(Verify(Template, bound with { PublicData = noFlag }), Is.EqualTo(ValidationCode.BadBinding), "a binding without its flag");
        Assert.That(Verify(unbound, bound with { PublicData = noFlag }), Is.EqualTo(ValidationCode.BadBinding));
        byte[] forged = [.. free.PublicData.Span[..155], .. Template.Binding.ToArray()];
        forged[2] |= 4;
        Assert.That(Verify(Template, free with { PublicData = forged }), Is.EqualTo(ValidationCode.WrongTileState), "the right binding on unbound work");
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public bool PublicDataHasOneEncoding(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[WorkPublicData.Size];
        random.NextBytes(bytes);
        bytes[2] &= 7;
        foreach (int at in new[] { MAt, NAt, KAt, TileRowAt, TileColumnAt, SegmentAt })
        {
            bytes[at + 3] &= 0x7f;
        }

        bool decodes = WorkPublicData.TryDecode(bytes, out WorkPublicData? data).IsValid && data!.Encode().AsSpan().SequenceEqual(bytes);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return decodes && (!WorkPublicData.TryDecode(bytes, out WorkPublicData? other).IsValid || !Same(data!, other!));
    }

    private static bool Same(WorkPublicData x, WorkPublicData y) =>
        (x with { State = default }) == (y with { State = default }) && x.State.Span.SequenceEqual(y.State.Span);

    private static WorkTemplate Bound(BoundClaim claim) => WorkTemplate.Bound(Chain, Height, Parent, Bits, claim, Miner, WorkSample.EasyTarget);

    private static TileWorkOracle Oracle(in TileWorkShape shape, WorkTemplate template) =>
        new(shape, WorkSample.Operand(shape.M * shape.K, new Random(1)), WorkSample.Operand(shape.N * shape.K, new Random(2)), template);

    // At the easiest target of the unit that the public data claims every ticket wins.
    private static ValidationCode Verify(WorkTemplate template, WorkCertificate certificate)
    {
        bool decodes = WorkPublicData.TryDecode(certificate.PublicData.Span, out WorkPublicData? data).IsValid;
        bool inside = decodes && data!.Shape.Validate().IsValid && data.Segment < data.Shape.Segments;
        long unit = inside ? data!.Shape.UnitMacs(data.Segment) : TileWorkParameters.UnitMacs;
        WorkTemplate easy = template with { Target = ((BigInteger.One << 256) - 1) / unit };
        ValidationResult result = WorkVerifier.Verify(easy, certificate, out _);
        Assert.That(WorkVerifier.VerifyScalar(easy, certificate, out _), Is.EqualTo(result));
        return result.Code;
    }

    private static WorkCertificate With(WorkCertificate certificate, int at, int value)
    {
        byte[] data = certificate.PublicData.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), value);
        return certificate with { PublicData = data };
    }

    // The certificate of tile (0, 0, 1) with the state that another rank and stride give, all else being equal.
    private static WorkCertificate With(WorkCertificate certificate, TileWorkOracle oracle, int rank, int stride)
    {
        sbyte[] a = Noised(certificate.Witness.Span[..(32 * 1024)], oracle.Seeds.SeedA, rank);
        sbyte[] b = Noised(certificate.Witness.Span.Slice(32 * 1024, 32 * 1024), oracle.Seeds.SeedB, rank);
        uint[] state = new uint[16];
        TileFold.Compute(a, b, 1024, stride, state);
        byte[] data = certificate.PublicData.ToArray();
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(StateAt + (i * 4)), state[i]);
        }

        return certificate with { PublicData = data };
    }

    private static sbyte[] Noised(ReadOnlySpan<byte> blocks, Hash256 seed, int rank)
    {
        sbyte[] strip = new sbyte[32 * 1024];
        int[][] permutations = [.. Enumerable.Range(1024 / rank, 1024 / rank).Select(t => TileWorkOracle.Permutation(seed, rank, t))];
        for (int vector = 0; vector < 32; vector++)
        {
            int[] dense = TileWorkOracle.DenseRow(seed, rank, vector);
            for (int l = 0; l < 1024; l++)
            {
                int[] permutation = permutations[l / rank];
                int noise = dense[permutation[l % rank]] - (l % rank == 0 ? 0 : dense[permutation[(l % rank) - 1]]);
                strip[(vector * 1024) + l] = (sbyte)(unchecked((sbyte)blocks[(l / 32 * 1024) + (vector * 32) + (l % 32)]) + noise);
            }
        }

        return strip;
    }
}
