using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Dense rows, permutations (one of them with a rejected word), and a noised strip.</summary>
internal static class NoiseVectors
{
    public static VectorTopic Topic { get; } = new(
        "noise",
        "Noise of a seed. kind row: dense row index; kind permutation: permutation of strip index; kind strip: r entries of row before and after.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create()
    {
        foreach (int rank in new[] { 32, 64 })
        {
            Hash256 seed = TileWorkOracle.H("noise", rank);
            foreach (int index in new[] { 0, 1, 131_071 })
            {
                yield return Of($"row {index}, rank {rank}", "row", seed, rank, index, TileWorkOracle.DenseRow(seed, rank, index));
            }

            yield return Permutation($"permutation 0, rank {rank}", seed, rank, 0);
            yield return Permutation($"permutation 127, rank {rank}", seed, rank, 127);
            int rejecting = Enumerable.Range(0, int.MaxValue).First(strip => Rejects(seed, rank, strip));
            yield return Permutation($"permutation {rejecting}, rank {rank}: its stream has a rejected word", seed, rank, rejecting);
            yield return Strip(seed, rank);
        }
    }

    private static JsonObject Permutation(string name, Hash256 seed, int rank, int strip) =>
        Of(name, "permutation", seed, rank, strip, TileWorkOracle.Permutation(seed, rank, strip));

    private static JsonObject Of(string name, string kind, Hash256 seed, int rank, int index, int[] values) => new()
    {
        ["name"] = name,
        ["kind"] = kind,
        ["seed"] = seed.ToString(),
        ["rank"] = rank,
        ["index"] = index,
        ["values"] = Numbers(values),
    };

    private static JsonObject Strip(Hash256 seed, int rank)
    {
        int[] before = [.. Enumerable.Range(0, rank).Select(q => (q * 37 % 128) - 64)];
        int[] dense = TileWorkOracle.DenseRow(seed, rank, 5), pi = TileWorkOracle.Permutation(seed, rank, 9);
        int[] after = [.. before.Select((x, q) => x + dense[pi[q]] - (q == 0 ? 0 : dense[pi[q - 1]]))];
        JsonObject v = Of($"strip 9 of row 5, rank {rank}", "strip", seed, rank, 9, after);
        v["row"] = 5;
        v["before"] = Numbers(before);
        return v;
    }

    // Without the rejection the word would be taken modulo its range, and all later entries would differ.
    private static bool Rejects(Hash256 seed, int rank, int strip)
    {
        using var aes = System.Security.Cryptography.Aes.Create();
        aes.Key = seed.ToArray();
        byte[] counters = new byte[16 * (rank * 2 / 16)];
        for (int block = 0; block < counters.Length / 16; block++)
        {
            counters[block * 16] = 2;
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(counters.AsSpan((block * 16) + 4), strip);
            counters[(block * 16) + 8] = (byte)block;
        }

        byte[] stream = aes.EncryptEcb(counters, System.Security.Cryptography.PaddingMode.None);
        return Enumerable.Range(0, rank - 1).Any(i => stream[2 * i] + (256 * stream[(2 * i) + 1]) >= 65536 / (rank - i) * (rank - i));
    }

    private static void Check(JsonElement v)
    {
        int rank = Int(v, "rank");
        using var source = new NoiseSource(Hash(v, "seed"), rank);
        sbyte[] row = new sbyte[rank];
        byte[] permutation = new byte[rank];
        source.DenseRows(Text(v, "kind") == "strip" ? Int(v, "row") : Int(v, "index"), row);
        source.Permutations(Int(v, "index"), permutation);
        switch (Text(v, "kind"))
        {
            case "row": Same([.. row.Select(x => (int)x)], Ints(v, "values"), v, "row"); break;
            case "permutation": Same([.. permutation.Select(x => (int)x)], Ints(v, "values"), v, "permutation"); break;
            default:
                sbyte[] strip = [.. Ints(v, "before").Select(x => (sbyte)x)];
                NoiseSource.AddStrip(strip, row, permutation);
                Same([.. strip.Select(x => (int)x)], Ints(v, "values"), v, "strip");
                break;
        }
    }
}
