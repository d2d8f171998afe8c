using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Compact targets, thresholds and chain work. What is not computed here was worked out by hand.</summary>
internal static class TargetVectors
{
    private const int Bytes256 = 32;

    public static VectorTopic Topic { get; } = new(
        "targets",
        "kind decode: bits to target, null where the bits are not canonical; kind encode: target to bits; kind threshold: target times macs, null "
            + "where it is no 256-bit number; kind work: 2^256 / (target + 1). Targets are 256-bit big-endian numbers.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create()
    {
        (uint Bits, BigInteger? Target)[] compact =
        [
            (0x1d00ffff, new BigInteger(0xffff) << 208), (0x1f00ffff, new BigInteger(0xffff) << 224), (0x1e7fffff, new BigInteger(0x7fffff) << 216),
            (0x01010000, 1), (0x01120000, 0x12), (0x027f6200, 0x7f62), (0x0300ffff, 0xffff), (0x04123456, new BigInteger(0x12345600)),
            (0x00000000, null), (0x1d80ffff, null), (0x1d000000, null), (0x1e0000ff, null), (0x2201ffff, null), (0x01010001, null), (0xff00ffff, null),
        ];
        foreach ((uint bits, BigInteger? target) in compact)
        {
            yield return new JsonObject { ["name"] = $"decode {Word(bits)}", ["kind"] = "decode", ["bits"] = Word(bits), ["target"] = Wide(target) };
        }

        (BigInteger Target, uint Bits)[] encode =
        [
            (1, 0x01010000), (0x7f, 0x017f0000), (0x80, 0x02008000), (0x123456, 0x03123456), (0x800000, 0x04008000),
            ((BigInteger.One << 232) - 1, 0x1e00ffff), ((BigInteger.One << 256) - 1, 0x2100ffff), (0x1234567, 0x04012345),
        ];
        foreach ((BigInteger target, uint bits) in encode)
        {
            yield return new JsonObject { ["name"] = $"encode {target:x}", ["kind"] = "encode", ["target"] = Wide(target), ["bits"] = Word(bits) };
        }

        BigInteger space = BigInteger.One << 256;
        foreach (long macs in new[] { 1L << 20, 1L << 19 })
        {
            foreach (BigInteger target in new[] { 0, 1, (BigInteger.One << 232) - 1, (space / macs) - 1, space / macs })
            {
                BigInteger limit = target * macs;
                JsonObject v = new() { ["name"] = $"threshold {target:x} * {macs}", ["kind"] = "threshold", ["target"] = Wide(target) };
                v["macs"] = Decimal((ulong)macs);
                v["threshold"] = Wide(target.Sign > 0 && limit < space ? limit : null);
                yield return v;
            }
        }

        foreach (BigInteger target in new[] { 1, (BigInteger.One << 232) - 1, new BigInteger(0xffff) << 208 })
        {
            JsonObject v = new() { ["name"] = $"work of {target:x}", ["kind"] = "work", ["target"] = Wide(target) };
            v["work"] = (space / (target + 1)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            yield return v;
        }
    }

    private static void Check(JsonElement v)
    {
        switch (Text(v, "kind"))
        {
            case "decode":
                bool decodes = CompactTarget.TryDecode(Word(Text(v, "bits")), out BigInteger decoded);
                Same(decodes ? Wide(decoded) : null, v.GetProperty("target").GetString(), v, "target");
                break;
            case "encode": Same(Word(CompactTarget.Encode(Number(v))), Text(v, "bits"), v, "bits"); break;
            case "threshold":
                bool fits = WorkTarget.TryThreshold(Number(v), (long)VectorFile.Number(v, "macs"), out Hash256 threshold);
                Same(fits ? threshold.ToString() : null, v.GetProperty("threshold").GetString(), v, "threshold");
                break;
            default: Same(WorkTarget.ChainWork(Number(v)), BigInteger.Parse(Text(v, "work"), System.Globalization.CultureInfo.InvariantCulture), v, "work"); break;
        }
    }

    private static BigInteger Number(JsonElement v) => new(Bytes(v, "target"), isUnsigned: true, isBigEndian: true);

    private static string? Wide(BigInteger? number)
    {
        if (number is not { } value)
        {
            return null;
        }

        byte[] bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Hex([.. new byte[Bytes256 - bytes.Length], .. bytes]);
    }
}
