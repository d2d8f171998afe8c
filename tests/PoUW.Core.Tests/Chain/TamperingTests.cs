using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Parameters;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// Tampering never invalidates an honest block's id: what is outside the id (witness, seal) may be wrong in a copy without harm to the
/// honest block, and what is inside the id changes it. With the production work rules.
/// </summary>
public sealed class TamperingTests
{
    private static readonly TileWorkNet Net = new();

    private static readonly Block Honest = TileWorkNet.Next(Net.Open());

    /// <summary>Every part of the witness is hit: both strips, both proofs; the ends of each byte by byte.</summary>
    [Test]
    public void A_block_with_a_changed_witness_is_refused_and_the_honest_one_with_its_id_is_imported_afterwards()
    {
        BlockChain chain = Net.Open();
        byte[] witness = Honest.Certificate.Witness.ToArray();
        Fuzzer random = new(3, "witness");
        int[] sample = [.. Enumerable.Range(0, 150).Select(_ => random.Next(witness.Length))];
        foreach (int at in sample.Concat(Enumerable.Range(0, 40)).Concat(Enumerable.Range(witness.Length - 40, 40)))
        {
            byte[] changed = [.. witness];
            changed[at] ^= (byte)(1 << random.Next(8));
            Refuse(chain, WithWitness(changed), $"byte {at}");
        }

        AssertImports(chain, Honest);
    }

    [Test]
    public void A_block_with_a_longer_shorter_or_missing_witness_is_refused_and_the_honest_one_is_imported_afterwards()
    {
        BlockChain chain = Net.Open();
        byte[] witness = Honest.Certificate.Witness.ToArray();
        foreach (byte[] changed in new[] { [], witness[1..], witness[..^1], witness[..^32], [.. witness, 0], new byte[witness.Length] })
        {
            Refuse(chain, WithWitness(changed), $"{changed.Length} bytes");
        }

        AssertImports(chain, Honest);
    }

    [Test]
    public void A_witness_of_another_block_proves_nothing()
    {
        BlockChain chain = Net.Open();

        // All blocks of this net are won on one product, so two of them may well be won by one tile.
        ulong later = 2_000;
        Block other = TileWorkNet.Next(chain, later);
        while (other.Certificate.Witness.Span.SequenceEqual(Honest.Certificate.Witness.Span))
        {
            other = TileWorkNet.Next(chain, ++later);
        }

        Refuse(chain, WithWitness(other.Certificate.Witness.ToArray()), "the other's witness");
        AssertImports(chain, Honest);
    }

    [Test]
    public void Every_flipped_byte_of_the_public_data_breaks_the_commitment()
    {
        BlockChain chain = Net.Open();
        for (int at = 0; at < WorkPublicData.Size; at++)
        {
            Block changed = WithPublicData(at);
            Assert.That(chain.Import(changed).Code, Is.EqualTo(ValidationCode.WrongCertificateCommitment), $"byte {at}");
        }

        AssertImports(chain, Honest);
    }

    /// <summary>The header is made to commit to the changed data and sealed again, as only the producer itself can.</summary>
    [Test]
    public void Every_flipped_byte_of_the_public_data_that_the_header_commits_to_is_refused_and_gives_another_id()
    {
        BlockChain chain = Net.Open();
        for (int at = 0; at < WorkPublicData.Size; at++)
        {
            Block changed = WithPublicData(at);
            Block committed = new BlockTemplate(Honest.Header, []).Complete(changed.Certificate, TileWorkNet.Key);
            Assert.That(committed.Id, Is.Not.EqualTo(Honest.Id));
            ValidationResult result = chain.Import(committed);
            Assert.That(result.IsValid, Is.False, $"byte {at}");
            Assert.That(result.Code, Is.Not.EqualTo(ValidationCode.WrongCertificateCommitment), $"byte {at}");
        }

        AssertImports(chain, Honest);
    }

    [Test]
    public void A_changed_seal_leaves_the_id_alone()
    {
        BlockChain chain = Net.Open();
        for (int at = 0; at < Honest.Seal.Signature.Length; at++)
        {
            byte[] signature = Honest.Seal.Signature.ToArray();
            signature[at] ^= 1;
            Refuse(chain, Honest with { Seal = Honest.Seal with { Signature = signature } }, $"signature byte {at}");
        }

        AssertImports(chain, Honest);
    }

    /// <summary>No byte of a whole encoded block can be changed so that the honest block is refused afterwards.</summary>
    [Test]
    public void No_changed_byte_of_an_encoded_block_keeps_the_honest_block_out()
    {
        BlockChain chain = Net.Open();
        byte[] encoded = Honest.Encode();
        int beforeWitness = encoded.Length - Honest.Certificate.Witness.Length;
        for (int at = 0; at < beforeWitness; at++)
        {
            byte[] changed = [.. encoded];
            changed[at] ^= 1;
            if (Block.TryDecode(changed, Net.Parameters.MaxBlockBytes, out Block? block).IsValid)
            {
                Assert.That(chain.Import(block!).IsValid, Is.False, $"byte {at}");
            }
        }

        AssertImports(chain, Honest);
    }

    [Test]
    public void A_tampered_copy_does_not_displace_the_stored_block()
    {
        BlockChain chain = Net.Open();
        AssertImports(chain, Honest);
        Assert.That(chain.Import(WithWitness(new byte[8])).Code, Is.EqualTo(ValidationCode.AlreadyKnown));
        Assert.That(chain.GetBlock(Honest.Id)!.Encode(), Is.EqualTo(Honest.Encode()));
    }

    /// <summary>The header of a block whose witness failed stays good for the peer that sends the right one.</summary>
    [Test]
    public void A_bad_witness_blames_the_peer_and_not_the_header()
    {
        BlockChain chain = Net.Open();
        HeaderIntake<string> intake = new(chain, new HeaderIntakeOptions(), Net.Time);
        Assert.That(intake.TryAdd("liar", Honest.Header, Honest.Certificate.PublicData).ToString(), Is.EqualTo("Ok"));
        Assert.That(intake.TryAdd("honest", Honest.Header, Honest.Certificate.PublicData).IsValid, Is.True);
        Refuse(chain, WithWitness(new byte[Honest.Certificate.Witness.Length]), "zeros");
        Assert.That(intake.Discard("liar", Honest.Id), Is.EqualTo(new HeaderFault<string>("liar", 1)));
        Assert.That(intake.HeadersOf("honest"), Is.EqualTo(new[] { Honest.Header }));
        AssertImports(chain, Honest);
    }

    /// <summary>A forged header costs its maker hash trials: the tile's state is made up, and the ticket of it wins.</summary>
    [Test]
    public void A_forged_header_with_a_made_up_tile_state_passes_the_cheap_rules_and_earns_nothing()
    {
        BlockChain chain = Net.Open();
        HeaderIntake<string> intake = new(chain, new HeaderIntakeOptions(), Net.Time);
        Assert.That(WorkPublicData.TryDecode(Honest.Certificate.PublicData.Span, out WorkPublicData? data).IsValid, Is.True);
        TileWorkVerifier verifier = new(new NetworkRules(Net.Parameters));
        uint[] state = new uint[TileWorkParameters.StateWords];
        byte[] forged;
        do
        {
            state[0]++;
            forged = (data! with { State = state }).Encode();
        }
        while (!verifier.VerifyPublicData(Honest.Header, forged, out _).IsValid);

        Block block = new BlockTemplate(Honest.Header, []).Complete(new WorkCertificate(forged, Honest.Certificate.Witness), TileWorkNet.Key);
        Assert.That(intake.TryAdd("forger", block.Header, forged).ToString(), Is.EqualTo("Ok"));
        Assert.That(intake.VerifiedWork(block.Id), Is.EqualTo(chain.TotalWork));
        Assert.That(chain.Import(block).Code, Is.EqualTo(ValidationCode.WrongTileState));
    }

    private static Block WithWitness(byte[] witness) => Honest with { Certificate = Honest.Certificate with { Witness = witness } };

    private static Block WithPublicData(int at)
    {
        byte[] data = Honest.Certificate.PublicData.ToArray();
        data[at] ^= 1;
        return Honest with { Certificate = Honest.Certificate with { PublicData = data } };
    }

    private static void Refuse(BlockChain chain, Block block, string what)
    {
        Assert.That(block.Id, Is.EqualTo(Honest.Id));
        Assert.That(chain.Import(block).IsValid, Is.False, what);
        Assert.That(chain.GetHeader(Honest.Id), Is.Null, "nothing is remembered of it");
    }

    private static void AssertImports(BlockChain chain, Block block)
    {
        Assert.That(chain.Import(block).ToString(), Is.EqualTo("Ok"));
        Assert.That(chain.GetBlock(block.Id)!.Encode(), Is.EqualTo(block.Encode()));
    }
}
