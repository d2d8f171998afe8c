using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work;

/// <summary>V1, V2 and V3 of the design notes, in code, so that no update of the vector files can move them.</summary>
public sealed class TileWorkVectorTests
{
    private static readonly TileWorkOracle V1 = TileWorkVector.Oracle(new TileWorkShape(64, 64, 2048, false, false));
    private static readonly TileWorkOracle V2 = TileWorkVector.Oracle(new TileWorkShape(50, 70, 784, false, true));
    private static readonly TileWorkOracle V3 = TileWorkVector.Oracle(new TileWorkShape(33, 32, 4096, true, false), 7);

    [Test]
    public void SeedsAndTagsArePinned() => Assert.Multiple(() =>
    {
        Is(V1.A.Tag, "42350c5c48767dd0baa7f14a483d64dcb6c2e185f44ccaab7ece064a5620a19b");
        Is(V1.B.Tag, "9c006622562aa1721f41d0d61c422c12aced83d4bb1b17a6c7a5dccb9e35e2c6");
        Is(V1.Template.Sigma, "ccc032be900dfa1f618d87a6155fe553c7efb080a6fe4cc3944426c06505d34e");
        Is(V1.Seeds.SeedB, "1b9d1656af5df7c24c443bf61424b0fccc6a51757f63736256354e3fd247bd9a");
        Is(V1.Seeds.SeedA, "ea12808d0b9997d34660f33e0592d3015bc6c45f5ffe50d3d963ef874eae097f");
        Is(V2.A.Tag, "e8b875e41505760b398651463194d419343a019efe3f055cbebb682d03616eba");
        Is(V2.B.Tag, "59333bd596a9f16a9719abd4ee3ba0942ff06fa0dcc0fcb8ffd25f293ac2fa19");
        Is(V2.Seeds.SeedB, "82ba2b9ca9ea6954a847af193f6bbee3d6957b6bd9a2ee2a98cd485ef34611f8");
        Is(V2.Seeds.SeedA, "8853143fb82f36d8a90d156f79e316a830b60d3a24b7b3c6d8ba4a002d41fe62");
        Is(V3.A.Tag, "a7e1b82b85c9aab657f173a9a24104032c4afdf6fd1085f279d36a55db95590a");
        Is(V3.B.Tag, "83966cc0cd26e42f18e21614c59eab9772ea35a6ae5d4038868826d99e1a61b1");
        Is(V3.Template.Sigma, "1f7084e3bf47551c38c1d64acf27a42f82e3115ed726ba43591a8243d854d841");
        Is(V3.Seeds.SeedA, "e2ad0e1c80d1c161f56feab076a75705fe092f08c2efe2f593eac1b07c817cbb");
    });

    [Test]
    public void NoiseIsPinned()
    {
        Assert.That(TileWorkOracle.DenseRow(V1.Seeds.SeedA, 32, 0)[..8], NUnit.Framework.Is.EqualTo([29, -13, 30, 10, -7, 0, 15, -15]));
        Assert.That(TileWorkOracle.Permutation(V1.Seeds.SeedA, 32, 0)[..8], NUnit.Framework.Is.EqualTo([6, 17, 21, 0, 24, 9, 15, 1]));
    }

    [TestCase(1, 0, 0, 0, 0xbd734963u, 0xc200e761u, "2072bbfd3969f56c511325c4e1fc2810fcc70ee0fa36047fd47d35ef5423c883")]
    [TestCase(1, 0, 0, 1, 0x7ac44875u, 0x6d1eb043u, "0da34f7d6c6fbc402f622c96f00550f0a767819f9414c4e5acb2c82b3958f0d5")]
    [TestCase(1, 1, 1, 1, 0xe94098d4u, 0xbbec2672u, "60d78d4f4b6a80fca24d2c9292018f1d1c4db9f445e18f4bd612e58e7b27f3e9")]
    [TestCase(2, 0, 0, 0, 0x9a020a35u, 0x3f929d3eu, "6ec94b71f9b5103250fe48a7befb8abc778d705055d2c9f86bf64439ed6646c9")]
    [TestCase(2, 1, 2, 0, 0x4c0a9610u, 0x95a67c3eu, "481a875b6f16a9dca3c21886c88cc4cef67cae8efa25fdf5b7a17860ee9666e0")]
    [TestCase(3, 1, 0, 3, 0x7985891fu, 0x974bd123u, "1330a0f9446d9394b3dd1e0db6236679071867da56be2d29d208cfaa368307d2")]
    public void TilesAndTicketsArePinned(int vector, int i, int j, int g, uint first, uint last, string ticket)
    {
        TileWorkOracle oracle = vector switch { 1 => V1, 2 => V2, _ => V3 };
        uint[] state = oracle.State(i, j, g);
        Assert.That((Word(state[0]), Word(state[15])), NUnit.Framework.Is.EqualTo((Word(first), Word(last))));
        Is(oracle.Ticket(i, j, g), ticket);
    }

    private static void Is(Hash256 actual, string expected) => Assert.That(actual.ToString(), NUnit.Framework.Is.EqualTo(expected));
}
