using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Rows of the public test vectors of aserti3-2d, times in milliseconds.</summary>
internal static class AsertVectors
{
    private const uint Limit = 0x1d00ffff;
    private const ulong BlockTime = 600_000;
    private const ulong HalfLife = 172_800_000;

    private static readonly (ulong AnchorHeight, ulong AnchorParentTime, uint AnchorBits, ulong Height, ulong Time, uint Bits)[] Rows =
    [
        (1, 0, 0x01010000, 2, 1200, 0x01010000), (1, 0, 0x1d00ffff, 2, 0, 0x1d00fec5), (1, 0, 0x1d00ffff, 290, 0, 0x1c7f62c0),
        (1, 0, 0x1d00ffff, 60194, 0, 0x027f6200), (1, 0, 0x1802aee8, 2, 1200, 0x1802aee8), (1, 0, 0x1802aee8, 3, 1310, 0x1802ad91),
        (1, 0, 0x1802aee8, 9, 7099, 0x1802b39c), (1, 0, 0x1802aee8, 186, 1073114, 0x187ef4ed), (1, 0, 0x1802aee8, 501, 7462933, 0x1d00ffff),
        (9223372036854775802, 2147483047, 0x1802aee8, 9223372036854775812, 2147492647, 0x1802b73d),
    ];

    public static VectorTopic Topic { get; } = new(
        "asert",
        "Compact target of the block after parentHeight: rows of the public vectors of aserti3-2d, its seconds as milliseconds.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create() => Rows.Select((row, i) => new JsonObject
    {
        ["name"] = $"row {i}",
        ["anchorHeight"] = Decimal(row.AnchorHeight),
        ["anchorParentTime"] = Decimal(row.AnchorParentTime * 1000),
        ["anchorBits"] = Word(row.AnchorBits),
        ["blockTime"] = Decimal(BlockTime),
        ["halfLife"] = Decimal(HalfLife),
        ["powLimitBits"] = Word(Limit),
        ["parentHeight"] = Decimal(row.Height),
        ["parentTime"] = Decimal(row.Time * 1000),
        ["bits"] = Word(row.Bits),
    });

    private static void Check(JsonElement v)
    {
        Assert.That(CompactTarget.TryDecode(Word(Text(v, "powLimitBits")), out BigInteger limit), Is.True);
        var asert = new Asert(
            Number(v, "anchorHeight"), (long)Number(v, "anchorParentTime"), Word(Text(v, "anchorBits")), Number(v, "blockTime"), Number(v, "halfLife"), limit);
        Same(Word(asert.NextBits(Number(v, "parentHeight"), Number(v, "parentTime"))), Text(v, "bits"), v, "bits");
    }
}
