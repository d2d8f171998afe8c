using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Roots and tags of small matrices that are written out.</summary>
internal static class CommitmentVectors
{
    public static VectorTopic Topic { get; } = new(
        "commitments",
        "Commitments of matrices. data is the stored matrix, row-major, one signed byte an entry; leaves are hashes of 32 x 32 blocks.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create()
    {
        yield return Of("one entry", 1, 1, (_, _) => 63);
        yield return Of("one entry, the least", 1, 1, (_, _) => -64);
        yield return Of("one block", 32, 32, (i, j) => ((31 * i) + (17 * j)) % 127 - 63);
        yield return Of("six blocks, padded to eight leaves", 33, 65, (i, j) => ((31 * i) + (17 * j)) % 127 - 63);
        yield return Of("the transpose of the last: other root, same numbers", 65, 33, (i, j) => ((31 * j) + (17 * i)) % 127 - 63);
        yield return Of("zeros are not the matrix of another size", 33, 64, (_, _) => 0);
        yield return Of("zeros", 33, 65, (_, _) => 0);
        yield return Of("one row", 1, 100, (_, j) => j - 64 > 63 ? 63 : j - 64);
    }

    private static JsonObject Of(string name, int rows, int columns, Func<int, int, int> entry)
    {
        sbyte[] data = [.. Enumerable.Range(0, rows * columns).Select(i => (sbyte)entry(i / columns, i % columns))];
        var oracle = new TileWorkOracle(new TileWorkShape(rows, 1, columns, false, false), data, new sbyte[columns], 1, []);
        return new JsonObject
        {
            ["name"] = name,
            ["rows"] = rows,
            ["columns"] = columns,
            ["data"] = Hex(data),
            ["root"] = oracle.A.Root.ToString(),
            ["tag"] = oracle.A.Tag.ToString(),
        };
    }

    private static void Check(JsonElement v)
    {
        MatrixCommitment commitment = MatrixCommitment.Compute(Signed(v, "data"), Int(v, "rows"), Int(v, "columns"));
        Same(commitment.Root, Hash(v, "root"), v, "root");
        Same(commitment.Tag, Hash(v, "tag"), v, "tag");
    }
}
