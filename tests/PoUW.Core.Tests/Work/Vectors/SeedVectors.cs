using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;
using static PoUW.Core.Work.TileWorkOracle;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Everything that is one hash of a few fields, and the chain of seeds.</summary>
internal static class SeedVectors
{
    private static readonly Hash256 Job = H("job"), Parent = H("parent"), TagA = H("tagA"), TagB = H("tagB");
    private static readonly byte[] Miner = H("miner").ToArray()[..20];

    public static VectorTopic Topic { get; } = new(
        "seeds",
        "Hashes of fields. kind says which: sigma of an unbound and of a bound ticket, lease id, binding, nullifier, operand digest, seeds.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create()
    {
        Hash256 lease = H("TW1/lease", Job, 3UL, 4UL);
        yield return Of("unbound, header 00..4b", "unboundSigma", [("chainId", 1UL), ("header", TileWorkVector.Header)], "TW1/sigma", (byte)0, 1UL, TileWorkVector.Header);
        yield return Of("unbound, empty header, largest chain", "unboundSigma", [("chainId", ulong.MaxValue), ("header", Array.Empty<byte>())], "TW1/sigma", (byte)0, ulong.MaxValue);
        yield return Of(
            "bound",
            "boundSigma",
            [("chainId", 7UL), ("height", 12UL), ("previousHash", Parent), ("bits", Word(0x1f00ffff)), ("leaseId", lease), ("minerKey", Miner)],
            "TW1/sigma", (byte)1, 7UL, 12UL, Parent, 0x1f00ffffU, lease, Miner);
        yield return Of("lease", "leaseId", [("job", Job), ("unit", 3UL), ("attempt", 4UL)], "TW1/lease", Job, 3UL, 4UL);
        yield return Of("binding", "binding", [("leaseId", lease), ("job", Job), ("step", 5UL), ("operation", 6)], "TW1/bind", lease, Job, 5UL, 6U);
        yield return Of("nullifier", "nullifier", [("job", Job), ("step", 5UL), ("operation", 6)], "TW1/op", Job, 5UL, 6U);
        yield return Of("operands", "operandDigest", [("tagA", TagA), ("tagB", TagB)], "TW1/operands", TagA, TagB);
        yield return Seeds("seeds, unbound", 50, 70, 784, false, true, Hash256.Zero);
        yield return Seeds("seeds, bound", 131072, 1, 8192, true, false, H("binding"));
        yield return Seeds("seeds, the last k of rank 32", 1, 2, 3584, true, true, Hash256.Zero);
        yield return Seeds("seeds, the first k of rank 64", 1, 2, 3585, true, true, Hash256.Zero);
    }

    private static JsonObject Of(string name, string kind, (string Name, object Value)[] fields, params object[] preimage)
    {
        JsonObject v = new() { ["name"] = name, ["kind"] = kind };
        foreach ((string field, object value) in fields)
        {
            v[field] = value switch
            {
                ulong number => Decimal(number),
                byte[] bytes => Hex(bytes),
                int number => number,
                _ => value.ToString(),
            };
        }

        v[kind is "unboundSigma" or "boundSigma" ? "sigma" : kind] = H(preimage).ToString();
        return v;
    }

    private static JsonObject Seeds(string name, int m, int n, int k, bool transA, bool transB, Hash256 binding)
    {
        Hash256 sigma = H("sigma");
        int rank = k <= 3584 ? 32 : 64;
        Hash256 seedB = H("TW1/b", sigma, TagB, k, n, rank, Convert.ToByte(transB));
        Hash256 seedA = H("TW1/a", seedB, TagA, m, k, n, rank, Convert.ToByte(transA), binding);
        return new JsonObject
        {
            ["name"] = name,
            ["kind"] = "seeds",
            ["sigma"] = sigma.ToString(),
            ["m"] = m,
            ["n"] = n,
            ["k"] = k,
            ["transA"] = transA,
            ["transB"] = transB,
            ["tagA"] = TagA.ToString(),
            ["tagB"] = TagB.ToString(),
            ["binding"] = binding.ToString(),
            ["rank"] = rank,
            ["seedB"] = seedB.ToString(),
            ["seedA"] = seedA.ToString(),
            ["ticketKey"] = H("TW1/ticket", seedA).ToString(),
        };
    }

    private static void Check(JsonElement v)
    {
        string kind = Text(v, "kind");
        switch (kind)
        {
            case "unboundSigma": Same(TileWorkSeeds.UnboundSigma(Number(v, "chainId"), Bytes(v, "header")), Hash(v, "sigma"), v, "sigma"); break;
            case "boundSigma":
                Hash256 sigma = TileWorkSeeds.BoundSigma(
                    Number(v, "chainId"), Number(v, "height"), Hash(v, "previousHash"), Word(Text(v, "bits")), Hash(v, "leaseId"), Bytes(v, "minerKey"));
                Same(sigma, Hash(v, "sigma"), v, "sigma");
                break;
            case "leaseId": Same(BoundClaim.LeaseIdOf(Hash(v, "job"), Number(v, "unit"), Number(v, "attempt")), Hash(v, kind), v, kind); break;
            case "binding": Same(new BoundClaim(Hash(v, "job"), 3, 4, Number(v, "step"), (uint)Int(v, "operation")).Binding, Hash(v, kind), v, kind); break;
            case "nullifier": Same(new BoundClaim(Hash(v, "job"), 0, 0, Number(v, "step"), (uint)Int(v, "operation")).Nullifier, Hash(v, kind), v, kind); break;
            case "operandDigest": Same(OperationDigest.Of(Hash(v, "tagA"), Hash(v, "tagB")), Hash(v, kind), v, kind); break;
            default:
                TileWorkShape shape = TileWorkVector.Shape(v);
                TileWorkSeeds seeds = TileWorkSeeds.Derive(Hash(v, "sigma"), shape, Hash(v, "tagA"), Hash(v, "tagB"), Hash(v, "binding"));
                Same(shape.Rank, Int(v, "rank"), v, "rank");
                Same(seeds, new TileWorkSeeds(Hash(v, "seedA"), Hash(v, "seedB"), Hash(v, "ticketKey")), v, "seeds");
                break;
        }
    }
}
