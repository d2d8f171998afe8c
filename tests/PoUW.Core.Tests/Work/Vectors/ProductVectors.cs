using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>Whole products: V1, V2 and V3 of the design notes and three more, with some of their tiles.</summary>
internal static class ProductVectors
{
    public static IReadOnlyList<VectorProduct> Products { get; } =
    [
        new("V1", new(64, 64, 2048, false, false), 1, [(0, 0, 0), (0, 0, 1), (1, 1, 1)]),
        new("V2", new(50, 70, 784, false, true), 1, [(0, 0, 0), (1, 2, 0)]),
        new("V3", new(33, 32, 4096, true, false), 7, [(1, 0, 3)]),
        new("bound, last segment of 512", new(33, 32, 1500, true, true), 7, [(0, 0, 0), (1, 0, 1)]) { Binding = TileWorkOracle.H("binding") },
        new("largest k", new(2, 3, 8192, false, false), 1, [(0, 0, 7)]),
        new("small: one number deep", new(1, 1, 1, false, false), 1, [(0, 0, 0)]),
        new("small: bound, four blocks", new(33, 32, 40, false, true), 7, [(0, 0, 0), (1, 0, 0)]) { Binding = TileWorkOracle.H("binding") },
    ];

    public static VectorTopic Topic { get; } = new(
        "products",
        "Products and tiles. A[i,l] = ((31i + 17l) mod 127) - 63, B[l,j] = ((13l + 7j) mod 127) - 63; the stored matrix is the transpose where the "
            + "flag is set. sigma is that of an unbound ticket of the chain and the header; binding zeros means unbound. u0: dense row 0 under "
            + "seedA, pi0: permutation of strip 0 under seedA.",
        Create,
        Check);

    private static IEnumerable<JsonObject> Create() => Products.Select(product =>
    {
        TileWorkOracle oracle = product.Oracle();
        TileWorkShape shape = product.Shape;
        int rank = shape.K <= 3584 ? 32 : 64;
        return new JsonObject
        {
            ["name"] = product.Name,
            ["m"] = shape.M,
            ["n"] = shape.N,
            ["k"] = shape.K,
            ["transA"] = shape.TransposeA,
            ["transB"] = shape.TransposeB,
            ["chainId"] = Decimal(product.ChainId),
            ["header"] = Hex(TileWorkVector.Header),
            ["binding"] = product.Binding.ToString(),
            ["rank"] = rank,
            ["rootA"] = oracle.A.Root.ToString(),
            ["tagA"] = oracle.A.Tag.ToString(),
            ["rootB"] = oracle.B.Root.ToString(),
            ["tagB"] = oracle.B.Tag.ToString(),
            ["sigma"] = oracle.Template.Sigma.ToString(),
            ["seedB"] = oracle.Seeds.SeedB.ToString(),
            ["seedA"] = oracle.Seeds.SeedA.ToString(),
            ["u0"] = Numbers(TileWorkOracle.DenseRow(oracle.Seeds.SeedA, rank, 0)),
            ["pi0"] = Numbers(TileWorkOracle.Permutation(oracle.Seeds.SeedA, rank, 0)),
            ["tiles"] = new JsonArray([.. product.Tiles.Select(t => Tile(oracle, t.I, t.J, t.G))]),
        };
    });

    private static JsonObject Tile(TileWorkOracle oracle, int i, int j, int g) => new()
    {
        ["i"] = i,
        ["j"] = j,
        ["g"] = g,
        ["state"] = Words(oracle.State(i, j, g)),
        ["ticket"] = oracle.Ticket(i, j, g).ToString(),
    };

    private static void Check(JsonElement v)
    {
        TileWorkShape shape = TileWorkVector.Shape(v);
        MatrixCommitment a = MatrixCommitment.Compute(TileWorkVector.OperandA(shape), shape.StoredRowsA, shape.StoredColumnsA);
        MatrixCommitment b = MatrixCommitment.Compute(TileWorkVector.OperandB(shape), shape.StoredRowsB, shape.StoredColumnsB);
        Hash256 sigma = TileWorkSeeds.UnboundSigma(Number(v, "chainId"), Bytes(v, "header"));
        TileWorkSeeds seeds = TileWorkSeeds.Derive(sigma, shape, a.Tag, b.Tag, Hash(v, "binding"));
        Same((a.Root, a.Tag, b.Root, b.Tag), (Hash(v, "rootA"), Hash(v, "tagA"), Hash(v, "rootB"), Hash(v, "tagB")), v, "commitments");
        Same((sigma, seeds.SeedB, seeds.SeedA), (Hash(v, "sigma"), Hash(v, "seedB"), Hash(v, "seedA")), v, "seeds");
        Same(shape.Rank, Int(v, "rank"), v, "rank");
        var template = new WorkTemplate(sigma, Hash(v, "binding"), 1);
        foreach (JsonElement tile in v.GetProperty("tiles").EnumerateArray())
        {
            (int i, int j, int g) = (Int(tile, "i"), Int(tile, "j"), Int(tile, "g"));
            Same(seeds.Ticket(Words(tile, "state"), i, j, g), Hash(tile, "ticket"), v, "ticket");
            var data = new WorkPublicData
            {
                Shape = shape,
                RootA = a.Root,
                RootB = b.Root,
                TileRow = i,
                TileColumn = j,
                Segment = g,
                State = Words(tile, "state"),
                Bound = template.IsBound,
                Binding = template.Binding,
            };
            byte[] witness = new WorkWitness(shape, i, j, g).Build(
                TileWorkVector.OperandA(shape), a.Tree.Span, TileWorkVector.OperandB(shape), b.Tree.Span);
            WorkTemplate easy = template with { Target = ((System.Numerics.BigInteger.One << 256) - 1) / shape.UnitMacs(g) };
            Assert.That(WorkVerifier.Verify(easy, new WorkCertificate(data.Encode(), witness), out Hash256 ticket).IsValid, Is.True);
            Same(ticket, Hash(tile, "ticket"), v, "verified ticket");
        }
    }
}
