using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Operands of the commons product.</summary>
internal static class CommonsVectors
{
    public static VectorTopic Topic { get; } = new(
        "commons",
        "Commons operands: SHA-256 of the row-major signed bytes of A (m x k) and B (k x n), and the first entries of both.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create()
    {
        foreach (CommonsProduct product in new CommonsProduct[] { new(3, 512, 2, 0), new(64, 1024, 32, ulong.MaxValue) })
        {
            sbyte[] a = Operand(product.Seed, 0, product.M * product.K), b = Operand(product.Seed, 1, product.K * product.N);
            yield return new JsonObject
            {
                ["name"] = $"seed {product.Seed}",
                ["m"] = product.M,
                ["k"] = product.K,
                ["n"] = product.N,
                ["seed"] = Decimal(product.Seed),
                ["firstA"] = Numbers(a.Take(16).Select(x => (int)x)),
                ["firstB"] = Numbers(b.Take(16).Select(x => (int)x)),
                ["sha256A"] = Digest(a),
                ["sha256B"] = Digest(b),
            };
        }
    }

    private static sbyte[] Operand(ulong seed, byte operand, int length) => [.. Enumerable.Range(0, int.MaxValue)
        .SelectMany(counter => TileWorkOracle.H("TW1/commons", seed, operand, (ulong)counter).ToArray())
        .Select(x => x & 127).Where(x => x != 127).Take(length).Select(x => (sbyte)(x - 63))];

    private static string Digest(sbyte[] operand) => Hash256.Sha256(System.Runtime.InteropServices.MemoryMarshal.AsBytes<sbyte>(operand)).ToString();

    private static void Check(JsonElement v)
    {
        var product = new CommonsProduct(Int(v, "m"), Int(v, "k"), Int(v, "n"), Number(v, "seed"));
        sbyte[] a = CommonsOperands.CreateA(product), b = CommonsOperands.CreateB(product);
        Same([.. a.Take(16).Select(x => (int)x)], Ints(v, "firstA"), v, "first entries of A");
        Same([.. b.Take(16).Select(x => (int)x)], Ints(v, "firstB"), v, "first entries of B");
        Same(Digest(a), Text(v, "sha256A"), v, "A");
        Same(Digest(b), Text(v, "sha256B"), v, "B");
    }
}
