using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>Rules that activate at a height, seen from the chain.</summary>
public sealed class UpgradeTests
{
    private static readonly UpgradeActivation Version = new(NetworkUpgrade.TileWork1, 0);

    [Test]
    public void A_certificate_of_another_version_is_refused_by_the_cheap_part_and_by_the_whole()
    {
        TileWorkNet net = new();
        BlockChain chain = net.Open();
        Block block = TileWorkNet.Next(chain);
        TileWorkVerifier verifier = new(new NetworkRules(net.Parameters));
        foreach (int version in new[] { 0, 2, 0x0101, 0xffff })
        {
            byte[] data = block.Certificate.PublicData.ToArray();
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)version);
            Block other = new BlockTemplate(block.Header, []).Complete(block.Certificate with { PublicData = data }, TileWorkNet.Key);
            Assert.That(verifier.VerifyPublicData(other.Header, data, out _).Code, Is.EqualTo(ValidationCode.WrongVersion));
            Assert.That(verifier.Verify(other.Header, other.Certificate, out _).Code, Is.EqualTo(ValidationCode.WrongVersion));
            Assert.That(chain.Import(other).Code, Is.EqualTo(ValidationCode.WrongVersion));
        }

        Assert.That(verifier.VerifyPublicData(block.Header, new byte[1], out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(verifier.Verify(block.Header, new WorkCertificate(default, default), out _).Code, Is.EqualTo(ValidationCode.Malformed));
        Assert.That(chain.Import(block).IsValid, Is.True);
    }

    /// <summary>The same certificate and the same header but for its height: only the height's version decides.</summary>
    [TestCase(1ul, ValidationCode.WrongVersion)]
    [TestCase(4ul, ValidationCode.WrongVersion)]
    [TestCase(5ul, ValidationCode.TicketAboveTarget)]
    public void The_version_is_that_of_the_headers_height(ulong height, ValidationCode code)
    {
        TileWorkNet net = new();
        Block block = TileWorkNet.Next(net.Open());
        TileWorkVerifier verifier = new(new NetworkRules(net.Parameters with { Upgrades = [Version with { Height = 5 }] }));

        // A target of one, so that the ticket of the changed header cannot win by chance.
        BlockHeader header = block.Header with { Height = height, Bits = CompactTarget.Encode(1) };
        Assert.That(verifier.VerifyPublicData(header, block.Certificate.PublicData, out _).Code, Is.EqualTo(code));
    }

    [TestCase(1ul)]
    [TestCase(2ul)]
    [TestCase(3ul)]
    [TestCase(4ul)]
    [TestCase(null)]
    public void A_claim_is_refused_below_the_height_from_which_tickets_may_be_bound(ulong? activation)
    {
        UpgradeActivation[] upgrades = activation is { } height ? [Version, new(NetworkUpgrade.BoundTickets, height)] : [Version];
        using TestNet net = new(parameters => parameters with { Upgrades = upgrades });
        BlockChain chain = net.Open();
        net.Grow(chain, 2);
        Block bound = TestNet.Mine(net.Next(chain).Header with { Claim = new BoundClaim(Hash256.Sha256([1]), 1, 0, 2, 3) }, []);
        ValidationResult result = chain.Import(bound);

        // Where it is active, the claim itself is checked, and refused here because the test's certificates name no product.
        bool active = activation <= 3;
        Assert.That(result.Code, Is.EqualTo(active ? ValidationCode.Malformed : ValidationCode.BadBinding), result.ToString());
        Assert.That(result.Message.Contains("cannot be bound at height 3", StringComparison.Ordinal), Is.EqualTo(!active), result.ToString());
        Assert.That(chain.GetHeader(bound.Id), Is.Null);
        Assert.That(chain.Import(net.Next(chain)).IsValid, Is.True);
    }
}
