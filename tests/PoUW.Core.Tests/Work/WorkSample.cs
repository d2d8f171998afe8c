using System.Numerics;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>Random products with a certificate of a random tile, and ways to spoil it.</summary>
internal sealed class WorkSample
{
    public const int Faults = 12;

    // At the template's target every ticket of the sample's unit wins, so that each test reaches the check that it is about.
    private WorkSample(WorkTemplate template, TileWorkOracle oracle, int tileRow, int tileColumn, int segment)
    {
        Template = template;
        Oracle = oracle;
        (TileRow, TileColumn, Segment) = (tileRow, tileColumn, segment);
        Certificate = oracle.Certify(tileRow, tileColumn, segment);
    }

    /// <summary>The easiest target of a full unit: every ticket of it wins.</summary>
    public static BigInteger EasyTarget { get; } = ((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs;

    public WorkTemplate Template { get; }

    public TileWorkOracle Oracle { get; }

    public int TileRow { get; }

    public int TileColumn { get; }

    public int Segment { get; }

    public WorkCertificate Certificate { get; }

    public static WorkSample Random(Random random, int maxInner = 2500)
    {
        int inner = random.Next(8) == 0 ? random.Next(3585, 4200) : random.Next(1, maxInner);
        var shape = new TileWorkShape(random.Next(1, 80), random.Next(1, 80), inner, random.Next(2) == 0, random.Next(2) == 0);
        return Of(shape, random);
    }

    public static WorkSample Of(in TileWorkShape shape, Random random)
    {
        WorkTemplate template = random.Next(2) == 0 ? WorkTemplate.Unbound(7, TileWorkVector.Header, EasyTarget) : Bound();
        var oracle = new TileWorkOracle(shape, Operand(shape.M * shape.K, random), Operand(shape.N * shape.K, random), template);
        int segment = random.Next(shape.Segments);
        template = template with { Target = ((BigInteger.One << 256) - 1) / shape.UnitMacs(segment) };
        return new WorkSample(template, oracle, random.Next(shape.TileRows), random.Next(shape.TileColumns), segment);
    }

    public static WorkTemplate Bound(ulong step = 5) => WorkTemplate.Bound(
        7,
        12,
        Hash256.Sha256([1]),
        0x1f00ffff,
        new BoundClaim(Hash256.Sha256([2]), 3, 4, step, 6),
        new Address(Hash256.Sha256([3]).ToArray().AsSpan(0, 20)),
        EasyTarget);

    public static sbyte[] Operand(int length, Random random)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return [.. bytes.Select(x => (sbyte)((x & 127) - 64))];
    }

    /// <summary>A copy of the certificate with one fault.</summary>
    public WorkCertificate Spoil(int fault, Random random)
    {
        byte[] data = Certificate.PublicData.ToArray();
        byte[] witness = Certificate.Witness.ToArray();
        int blocks = 2 * Oracle.Shape.OpenedBlocks(Segment) * TileWorkParameters.BlockBytes;
        int at = random.Next(witness.Length);
        switch (fault)
        {
            case 0 or 1: data[random.Next(data.Length)] ^= (byte)(1 << random.Next(8)); break;
            case 2: witness[at] ^= (byte)(1 << random.Next(8)); break;
            case 3: witness[random.Next(blocks)] = unchecked((byte)(random.Next(2) == 0 ? 64 : -65)); break;
            case 4: witness = witness[..at]; break;
            case 5: witness = [.. witness, .. witness[^Math.Min(32, witness.Length)..]]; break;
            case 6: data[random.Next(91, 155)] += 1; break;
            case 7: data = data[..random.Next(data.Length)]; break;
            case 8: data = [.. data, 0]; break;
            case 9: data[random.Next(3, 15)] = (byte)random.Next(256); break;
            case 10: data[random.Next(79, 91)] = (byte)random.Next(256); break;
            default: witness.AsSpan(0, 1024).Reverse(); break;
        }

        return new WorkCertificate(data, witness);
    }
}
