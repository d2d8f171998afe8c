using System.Numerics;
using PoUW.Core.Parameters;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

public sealed class DifficultyTests
{
    private const ulong HalfLifeSeconds = 172_800;
    private static readonly BigInteger BitcoinLimit = Decode(0x1d00ffff);

    // Rows of the public aserti3-2d test vectors (runs 3, 5, 8 and 10): anchor height, anchor parent time, anchor bits, height, time, bits.
    [TestCase(1ul, 0L, 0x01010000u, 2ul, 1200ul, 0x01010000u)]
    [TestCase(1ul, 0L, 0x01010000u, 11ul, 6600ul, 0x01010000u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 2ul, 0ul, 0x1d00fec5u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 290ul, 0ul, 0x1c7f62c0u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 578ul, 0ul, 0x1c3fb160u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 60194ul, 0ul, 0x027f6200u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 63938ul, 0ul, 0x01030000u)]
    [TestCase(1ul, 0L, 0x1d00ffffu, 64514ul, 0ul, 0x01010000u)]
    [TestCase(1ul, 0L, 0x1802aee8u, 2ul, 1200ul, 0x1802aee8u)]
    [TestCase(1ul, 0L, 0x1802aee8u, 3ul, 1310ul, 0x1802ad91u)]
    [TestCase(1ul, 0L, 0x1802aee8u, 9ul, 7099ul, 0x1802b39cu)]
    [TestCase(1ul, 0L, 0x1802aee8u, 186ul, 1073114ul, 0x187ef4edu)]
    [TestCase(1ul, 0L, 0x1802aee8u, 274ul, 2443282ul, 0x1961d1e4u)]
    [TestCase(1ul, 0L, 0x1802aee8u, 484ul, 6930238ul, 0x1d00e688u)]
    [TestCase(1ul, 0L, 0x1802aee8u, 501ul, 7462933ul, 0x1d00ffffu)]
    [TestCase(9223372036854775802ul, 2147483047L, 0x1802aee8u, 9223372036854775803ul, 2147484547ul, 0x1802afbbu)]
    [TestCase(9223372036854775802ul, 2147483047L, 0x1802aee8u, 9223372036854775812ul, 2147492647ul, 0x1802b73du)]
    public void PublicVectorsHoldInSecondsAndMilliseconds(
        ulong anchorHeight, long anchorParentTime, uint anchorBits, ulong height, ulong time, uint bits)
    {
        var seconds = new Asert(anchorHeight, anchorParentTime, anchorBits, 600, HalfLifeSeconds, BitcoinLimit);
        var milliseconds = new Asert(anchorHeight, anchorParentTime * 1000, anchorBits, 600_000, HalfLifeSeconds * 1000, BitcoinLimit);
        Assert.That(seconds.NextBits(height, time), Is.EqualTo(bits));
        Assert.That(milliseconds.NextBits(height, time * 1000), Is.EqualTo(bits));
    }

    [Test]
    public void ExtremeTimesSaturate()
    {
        var asert = new Asert(0, 0, 0x1802aee8, 1000, 20_000, BitcoinLimit);
        Assert.That(asert.NextBits(1, ulong.MaxValue), Is.EqualTo(0x1d00ffff));
        Assert.That(asert.NextBits(ulong.MaxValue, 0), Is.EqualTo(0x01010000));
    }

    [Test]
    public void NetworkScheduleStartsAtTheGenesisTarget()
    {
        NetworkParameters network = NetworkParameters.Development;
        BigInteger genesis = WorkTarget.FromTicketsPerBlock(network.GenesisTicketsPerBlock, WorkTarget.DefaultPowLimit);
        var asert = Asert.ForNetwork(network, WorkTarget.DefaultPowLimit);
        Assert.That(asert.NextBits(0, network.GenesisTimeMilliseconds), Is.EqualTo(CompactTarget.Encode(genesis)));
        uint slower = asert.NextBits(0, network.GenesisTimeMilliseconds + (network.BlockTimeMilliseconds * network.AsertHalfLifeBlocks));
        BigInteger start = Decode(CompactTarget.Encode(genesis));
        Assert.That(Decode(slower), Is.EqualTo(BigInteger.Min(start * 2, WorkTarget.DefaultPowLimit)), "one half-life late doubles the target");
    }

    [Test]
    public void MeanBlockTimeHoldsAfterAHashRateSwing()
    {
        // Deterministic arrivals: a block takes 2^256 / target MACs at the current rate. The rate jumps tenfold and falls back.
        NetworkParameters network = NetworkParameters.Development;
        var asert = Asert.ForNetwork(network, WorkTarget.DefaultPowLimit);
        double time = network.GenesisTimeMilliseconds;
        double at1500 = 0;
        for (ulong height = 0; height < 2000; height++)
        {
            double rate = height is > 400 and < 800 ? 5.2e9 : 5.2e8;
            time += (double)(WorkTarget.TicketSpace / Decode(asert.NextBits(height, (ulong)time))) / rate * 1000;
            at1500 = height == 1500 ? time : at1500;
        }

        Assert.That((time - at1500) / 499, Is.EqualTo(1000).Within(50), "milliseconds a block");
    }

    [TestCase(0x00000000u)]
    [TestCase(0x1d80ffffu)]
    [TestCase(0x1d000000u)]
    [TestCase(0x1e0000ffu)]
    [TestCase(0x2201ffffu)]
    [TestCase(0xff00ffffu)]
    [TestCase(0x01010001u)]
    public void BadBitsDoNotDecode(uint bits)
    {
        Assert.That(CompactTarget.TryDecode(bits, out BigInteger target), Is.False);
        Assert.That(target, Is.EqualTo(BigInteger.Zero));
        Assert.That(CompactTarget.Validate(bits, BitcoinLimit, out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void BitsAboveTheLimitAreRefused()
    {
        Assert.That(CompactTarget.Validate(0x1d01ffff, BitcoinLimit, out _).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(CompactTarget.Validate(0x1d00ffff, BitcoinLimit, out BigInteger target).IsValid, Is.True);
        Assert.That(target, Is.EqualTo(new BigInteger(0xffff) << 208));
    }

    [FsCheck.NUnit.Property]
    public bool EncodedTargetsDecodeToTheirLeadingDigits(uint mantissa, byte shift)
    {
        BigInteger target = (new BigInteger(mantissa) + 1) << (shift % 220);
        uint bits = CompactTarget.Encode(target);
        return CompactTarget.TryDecode(bits, out BigInteger decoded) && decoded <= target && target - decoded <= target >> 15
            && CompactTarget.Encode(decoded) == bits;
    }

    [Test]
    public void TargetsOutsideTheRangeDoNotEncode()
    {
        Assert.That(() => CompactTarget.Encode(0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => CompactTarget.Encode(WorkTarget.TicketSpace), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void WorkAndThresholds()
    {
        BigInteger target = WorkTarget.FromTicketsPerBlock(500, WorkTarget.DefaultPowLimit);
        Assert.That((double)WorkTarget.ChainWork(target), Is.EqualTo(500.0 * TileWorkParameters.UnitMacs).Within(1).Percent);
        Assert.That(WorkTarget.TryThreshold(target, TileWorkParameters.UnitMacs, out var threshold), Is.True);
        Assert.That(new BigInteger(threshold.ToArray(), true, true), Is.EqualTo(target * TileWorkParameters.UnitMacs));
        Assert.That(WorkTarget.TryThreshold(BigInteger.One << 240, TileWorkParameters.UnitMacs, out _), Is.False);
    }

    [Test]
    public void CommonsOperandsAreDeterministicAndInRange()
    {
        var product = new CommonsProduct(40, 512, 33, 5);
        sbyte[] a = CommonsOperands.CreateA(product);
        sbyte[] b = CommonsOperands.CreateB(product);
        Assert.That(a, Has.Length.EqualTo(40 * 512));
        Assert.That(b, Has.Length.EqualTo(512 * 33));
        Assert.That(a.Concat(b).All(x => x is >= -63 and <= 63), Is.True);
        Assert.That(a.Min(), Is.EqualTo(-63));
        Assert.That(a.Max(), Is.EqualTo(63));
        Assert.That(CommonsOperands.CreateA(product), Is.EqualTo(a));
        Assert.That(CommonsOperands.CreateA(product with { Seed = 6 }), Is.Not.EqualTo(a));
        Assert.That(a.Take(512), Is.Not.EqualTo(b.Take(512)));
    }

    private static BigInteger Decode(uint bits)
    {
        Assert.That(CompactTarget.TryDecode(bits, out BigInteger target), Is.True);
        return target;
    }
}
