using System.Buffers.Binary;
using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

public sealed class WorkVerifierTests
{
    // Every ticket wins at this target, so each test reaches the check that it is about.
    private static readonly BigInteger EasyTarget = ((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs;

    private static readonly TileWorkOracle Oracle = TileWorkVector.Oracle(new TileWorkShape(50, 70, 784, false, true));

    private static readonly WorkCertificate Valid = Oracle.Certify(1, 2, 0);

    [Test]
    public void ValidCertificateOfEveryOrientationPasses(
        [Values] bool transposeA, [Values] bool transposeB, [Values(33, 512, 513, 784, 1500, 4096)] int k)
    {
        var shape = new TileWorkShape(33, 70, k, transposeA, transposeB);
        TileWorkOracle oracle = TileWorkVector.Oracle(shape);
        WorkCertificate certificate = oracle.Certify(1, 2, shape.Segments - 1);
        BigInteger target = ((BigInteger.One << 256) - 1) / shape.UnitMacs(shape.Segments - 1);
        ValidationResult result = WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, target), certificate, out Hash256 ticket);
        Assert.That(result, Is.EqualTo(ValidationResult.Ok));
        Assert.That(ticket, Is.EqualTo(oracle.Ticket(1, 2, shape.Segments - 1)));
        Assert.That(certificate.Witness.Length, Is.LessThanOrEqualTo(TileWorkParameters.MaxWitnessBytes));
    }

    [Test]
    public void LargestWitnessOfAllowedShapesFitsTheCap()
    {
        foreach (TileWorkShape shape in new TileWorkShape[]
        {
            new(1 << 17, 1 << 10, 8192, true, false), new(1 << 10, 1 << 17, 8192, false, false),
            new(1 << 15, 1 << 16, 8191, true, false), new((1 << 16) - 31, (1 << 15) - 31, 8161, true, false),
        })
        {
            Assert.That(shape.Validate(), Is.EqualTo(ValidationResult.Ok));
            var witness = new WorkWitness(shape, 1, shape.TileColumns / 2, 1);
            (int a, int b) = witness.SiblingCounts();
            Assert.That((2 * witness.StripBytes) + ((a + b) * 32), Is.LessThanOrEqualTo(TileWorkParameters.MaxWitnessBytes), shape.ToString());
        }
    }

    [Test]
    public void EveryFlippedByteOfThePublicDataIsInvalid()
    {
        Assert.That(Verify(Valid).IsValid, Is.True);
        for (int i = 0; i < WorkPublicData.Size; i++)
        {
            byte[] data = Valid.PublicData.ToArray();
            data[i] ^= 1;
            Assert.That(Verify(Valid with { PublicData = data }).IsValid, Is.False, $"byte {i}");
        }
    }

    [TestCase(0, 2, ValidationCode.WrongVersion)]
    [TestCase(2, 8 | 2, ValidationCode.Malformed)]
    [TestCase(2, 4 | 2, ValidationCode.BadBinding)]
    [TestCase(186, 1, ValidationCode.BadBinding)]
    public void ForgedBytesGetTheirCode(int position, int value, ValidationCode code)
    {
        byte[] data = Valid.PublicData.ToArray();
        data[position] = (byte)value;
        Assert.That(Verify(Valid with { PublicData = data }).Code, Is.EqualTo(code));
    }

    [TestCase(3, 0, ValidationCode.BadWorkShape)]
    [TestCase(3, (1 << 17) + 1, ValidationCode.BadWorkShape)]
    [TestCase(7, 0, ValidationCode.BadWorkShape)]
    [TestCase(7, (1 << 17) + 1, ValidationCode.BadWorkShape)]
    [TestCase(11, 0, ValidationCode.BadWorkShape)]
    [TestCase(11, 8193, ValidationCode.BadWorkShape)]
    [TestCase(3, -1, ValidationCode.BadWorkShape)]
    [TestCase(79, 2, ValidationCode.BadTile)]
    [TestCase(83, 3, ValidationCode.BadTile)]
    [TestCase(87, 1, ValidationCode.BadTile)]
    [TestCase(87, -1, ValidationCode.BadTile)]
    public void ForgedNumbersGetTheirCode(int position, int value, ValidationCode code)
    {
        byte[] data = Valid.PublicData.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(position), value);
        Assert.That(Verify(Valid with { PublicData = data }).Code, Is.EqualTo(code));
    }

    [Test]
    public void TooManyPaddedMacsAreRefused() =>
        Assert.That(new TileWorkShape(1 << 17, 1 << 17, 1025, false, false).Validate().Code, Is.EqualTo(ValidationCode.BadWorkShape));

    [TestCase(15, ValidationCode.BadOpening)]
    [TestCase(47, ValidationCode.BadOpening)]
    [TestCase(91, ValidationCode.WrongTileState)]
    public void ForgedRootsAndStateGetTheirCode(int position, ValidationCode code)
    {
        byte[] data = Valid.PublicData.ToArray();
        data[position] ^= 0x40;
        Assert.That(Verify(Valid with { PublicData = data }).Code, Is.EqualTo(code));
    }

    [Test]
    public void WrongLengthOfTheWitnessIsMalformed()
    {
        byte[] witness = Valid.Witness.ToArray();
        Assert.That(Verify(Valid with { Witness = witness[..^1] }).Code, Is.EqualTo(ValidationCode.Malformed), "truncated");
        Assert.That(Verify(Valid with { Witness = witness[..^32] }).Code, Is.EqualTo(ValidationCode.Malformed), "sibling missing");
        Assert.That(Verify(Valid with { Witness = (byte[])[.. witness, .. witness[^32..]] }).Code, Is.EqualTo(ValidationCode.Malformed), "extended");
        Assert.That(Verify(Valid with { Witness = Array.Empty<byte>() }).Code, Is.EqualTo(ValidationCode.Malformed), "pruned");
        byte[] huge = new byte[TileWorkParameters.MaxWitnessBytes + 1];
        Assert.That(Verify(Valid with { Witness = huge }).Code, Is.EqualTo(ValidationCode.TooLarge), "too large");
    }

    [Test]
    public void SiblingsCannotBeReplacedOrSwapped()
    {
        byte[] duplicated = Valid.Witness.ToArray();
        duplicated.AsSpan(duplicated.Length - 32, 32).CopyTo(duplicated.AsSpan(duplicated.Length - 64));
        Assert.That(Verify(Valid with { Witness = duplicated }).Code, Is.EqualTo(ValidationCode.BadOpening));

        byte[] swapped = Valid.Witness.ToArray();
        Valid.Witness[^32..].CopyTo(swapped.AsMemory(swapped.Length - 64));
        Valid.Witness[^64..^32].CopyTo(swapped.AsMemory(swapped.Length - 32));
        Assert.That(Verify(Valid with { Witness = swapped }).Code, Is.EqualTo(ValidationCode.BadOpening));
    }

    [TestCase(64)]
    [TestCase(-65)]
    [TestCase(127)]
    [TestCase(-128)]
    public void OperandsOutOfRangeAreRefused(int value)
    {
        byte[] witness = Valid.Witness.ToArray();
        witness[0] = unchecked((byte)value);
        Assert.That(Verify(Valid with { Witness = witness }).Code, Is.EqualTo(ValidationCode.OperandOutOfRange));
    }

    [Test]
    public void CommittedOperandsOutOfRangeAreRefused([Values(64, -65)] int value)
    {
        var shape = new TileWorkShape(32, 32, 1024, false, false);
        sbyte[] a = TileWorkVector.OperandA(shape);
        a[100] = (sbyte)value;
        var oracle = new TileWorkOracle(shape, a, TileWorkVector.OperandB(shape), 1, TileWorkVector.Header);
        ValidationResult result = WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, EasyTarget), oracle.Certify(0, 0, 0), out _);
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OperandOutOfRange));
    }

    [Test]
    public void OperandOfMinus64Passes()
    {
        var shape = new TileWorkShape(32, 32, 1024, false, false);
        sbyte[] a = new sbyte[32 * 1024];
        Array.Fill(a, (sbyte)-64);
        var oracle = new TileWorkOracle(shape, a, TileWorkVector.OperandB(shape), 1, TileWorkVector.Header);
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, EasyTarget), oracle.Certify(0, 0, 0), out _), Is.EqualTo(ValidationResult.Ok));
    }

    [Test]
    public void NonZeroPaddingIsRefused()
    {
        byte[] rowPadding = Valid.Witness.ToArray();
        rowPadding[31 * 32] = 1;
        Assert.That(Verify(Valid with { Witness = rowPadding }).Code, Is.EqualTo(ValidationCode.NonZeroPadding), "row beyond m");
        byte[] innerPadding = Valid.Witness.ToArray();
        innerPadding[(24 * 1024) + 16] = 1;
        Assert.That(Verify(Valid with { Witness = innerPadding }).Code, Is.EqualTo(ValidationCode.NonZeroPadding), "column beyond k");
    }

    [Test]
    public void TamperedWitnessBytesAreInvalid()
    {
        var random = new Random(7);
        for (int i = 0; i < 200; i++)
        {
            byte[] witness = Valid.Witness.ToArray();
            witness[random.Next(witness.Length)] ^= (byte)(1 << random.Next(8));
            Assert.That(Verify(Valid with { Witness = witness }).IsValid, Is.False);
        }
    }

    [Test]
    public void HeaderChainAndTargetAreBound()
    {
        byte[] header = [.. TileWorkVector.Header];
        header[^1] ^= 1;
        ValidationResult other = WorkVerifier.Verify(WorkTemplate.Unbound(1, header, EasyTarget), Valid, out _);
        Assert.That(other.Code, Is.EqualTo(ValidationCode.WrongTileState));
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(2, TileWorkVector.Header, EasyTarget), Valid, out _).Code, Is.EqualTo(ValidationCode.WrongTileState));

        var ticket = new BigInteger(Oracle.Ticket(1, 2, 0).ToArray(), isUnsigned: true, isBigEndian: true);
        BigInteger least = (ticket + TileWorkParameters.UnitMacs - 1) / TileWorkParameters.UnitMacs;
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, least), Valid, out _).IsValid, Is.True);
        ValidationResult above = WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, least - 1), Valid, out Hash256 none);
        Assert.That(above.Code, Is.EqualTo(ValidationCode.TicketAboveTarget));
        Assert.That(none.IsZero, Is.True);
    }

    [Test]
    public void TargetsThatOverflowAreRefused()
    {
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, EasyTarget + 1), Valid, out _).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, 0), Valid, out _).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, -5), Valid, out _).Code, Is.EqualTo(ValidationCode.OutOfRange));
    }

    [Test]
    public void HeaderCheckNeedsNoWitness()
    {
        ValidationResult result = WorkVerifier.VerifyPublicData(WorkTemplate.Unbound(1, TileWorkVector.Header, EasyTarget), Valid.PublicData.Span, out Hash256 ticket);
        Assert.That(result.IsValid, Is.True);
        Assert.That(ticket, Is.EqualTo(Oracle.Ticket(1, 2, 0)));
    }

    [Test]
    public void CommitmentIsTheDoubleHashOfVersionAndData()
    {
        byte[] data = Valid.PublicData.ToArray();
        Hash256 expected = Hash256.Sha256(Hash256.Sha256((byte[])[.. data[..2], .. data]).ToArray());
        Assert.That(WorkCertificates.Commitment(data), Is.EqualTo(expected));
        Assert.That(WorkCertificates.CheckCommitment(expected, data).IsValid, Is.True);
        data[20] ^= 1;
        Assert.That(WorkCertificates.CheckCommitment(expected, data).Code, Is.EqualTo(ValidationCode.WrongCertificateCommitment));
    }

    [Test]
    public void PublicDataRoundTrips()
    {
        Assert.That(WorkPublicData.TryDecode(Valid.PublicData.Span, out WorkPublicData? data).IsValid, Is.True);
        Assert.That(data!.Encode(), Is.EqualTo(Valid.PublicData.ToArray()));
    }

    [Test]
    public void MutatedInputNeverThrowsAndNeverPasses()
    {
        var random = new Random(20250101);
        byte[] original = Valid.PublicData.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] data = i % 5 == 0 ? new byte[random.Next(300)] : [.. original];
            for (int edits = random.Next(1, 6); edits > 0 && data.Length > 0; edits--)
            {
                data[random.Next(data.Length)] = (byte)random.Next(256);
            }

            // A short witness keeps the fuzzing fast: whatever passes the public data ends at the length check.
            ValidationResult result = Verify(new WorkCertificate(data, original));
            Assert.That(result.IsValid, Is.False);
        }
    }

    private static ValidationResult Verify(WorkCertificate certificate) =>
        WorkVerifier.Verify(WorkTemplate.Unbound(1, TileWorkVector.Header, EasyTarget), certificate, out _);
}
