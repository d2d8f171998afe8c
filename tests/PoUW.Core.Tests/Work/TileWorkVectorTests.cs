using System.Globalization;
using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

public sealed class TileWorkVectorTests
{
    public static IEnumerable<TestCaseData> Vectors() =>
        TileWorkVector.Load().Select(v => new TestCaseData(v).SetArgDisplayNames(v.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Vectors))]
    public void SeedsAndTagsArePinned(JsonElement v)
    {
        TileWorkOracle oracle = TileWorkVector.Oracle(TileWorkVector.Shape(v), v.GetProperty("chainId").GetUInt64());
        Assert.That(oracle.Shape.Rank, Is.EqualTo(v.GetProperty("rank").GetInt32()));
        Assert.That(oracle.A.Tag, Is.EqualTo(Hash(v, "tagA")), "tagA");
        Assert.That(oracle.B.Tag, Is.EqualTo(Hash(v, "tagB")), "tagB");
        Assert.That(oracle.Template.Sigma, Is.EqualTo(Hash(v, "sigma")), "sigma");
        Assert.That(oracle.Seeds.SeedA, Is.EqualTo(Hash(v, "seedA")), "seedA");
        if (v.TryGetProperty("seedB", out _))
        {
            Assert.That(oracle.Seeds.SeedB, Is.EqualTo(Hash(v, "seedB")), "seedB");
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void TilesAndTicketsArePinned(JsonElement v)
    {
        TileWorkOracle oracle = TileWorkVector.Oracle(TileWorkVector.Shape(v), v.GetProperty("chainId").GetUInt64());
        foreach (JsonElement tile in v.GetProperty("tiles").EnumerateArray())
        {
            int i = tile.GetProperty("i").GetInt32();
            int j = tile.GetProperty("j").GetInt32();
            int g = tile.GetProperty("g").GetInt32();
            uint[] state = oracle.State(i, j, g);
            Assert.That(state[0], Is.EqualTo(Word(tile, "w0")));
            Assert.That(state[15], Is.EqualTo(Word(tile, "w15")));
            Assert.That(oracle.Ticket(i, j, g), Is.EqualTo(Hash(tile, "ticket")));
        }
    }

    [Test]
    public void NoiseIsPinned()
    {
        JsonElement v = TileWorkVector.Load()[0];
        using var noise = new NoiseSource(Hash(v, "seedA"), 32);
        sbyte[] dense = new sbyte[32];
        byte[] permutation = new byte[32];
        noise.DenseRows(0, dense);
        noise.Permutations(0, permutation);
        Assert.That(dense.Take(8).Select(x => (int)x), Is.EqualTo(v.GetProperty("u0").EnumerateArray().Select(x => x.GetInt32())));
        Assert.That(permutation.Take(8).Select(x => (int)x), Is.EqualTo(v.GetProperty("pi0").EnumerateArray().Select(x => x.GetInt32())));
        Assert.That(permutation.Order(), Is.EqualTo(Enumerable.Range(0, 32).Select(x => (byte)x)));
    }

    private static Hash256 Hash(JsonElement element, string name)
    {
        Assert.That(Hash256.TryParse(element.GetProperty(name).GetString(), out Hash256 hash), Is.True);
        return hash;
    }

    private static uint Word(JsonElement element, string name) =>
        uint.Parse(element.GetProperty(name).GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
