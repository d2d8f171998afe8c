using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Headers;

/// <summary>Header-first sync: batches of headers, which bodies to fetch, and what a body says of the headers.</summary>
public sealed class HeaderBatchTests
{
    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private HeaderIntake<string> _intake = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _intake = new HeaderIntake<string>(_chain, new HeaderIntakeOptions(), _net.Time);
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void A_long_chain_is_fetched_through_a_window_of_headers()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 150);
        int sent = 0;
        while (_chain.Head.Height < 150)
        {
            HeaderBatchResult batch = _intake.AddBatch("peer", Announce(blocks.Skip(sent).Take(40)));
            sent += batch.Added;
            Assert.That(batch.Result.Code, Is.EqualTo(ValidationCode.Ok).Or.EqualTo(ValidationCode.TooManyUnverified));
            Assert.That(_intake.Count, Is.LessThanOrEqualTo(64));
            IReadOnlyList<BodyRequest<string>> next = _intake.NextBodies(10);
            Assert.That(next, Is.Not.Empty);
            foreach (BodyRequest<string> request in next)
            {
                Assert.That(request.Peers, Is.EqualTo(new[] { "peer" }));
                Assert.That(request.Header.Height, Is.EqualTo(_chain.Head.Height + 1));
                Assert.That(_intake.ImportBody("peer", blocks[(int)request.Header.Height - 1]).ToString(), Is.EqualTo("Ok"));
            }
        }

        Assert.That(_intake.Count, Is.Zero);
        Assert.That(_intake.NextBodies(10), Is.Empty);
    }

    [Test]
    public void The_chain_that_claims_most_work_is_fetched_first_whoever_sent_it()
    {
        List<Block> shorter = _net.Grow(_net.Open(), 3);
        List<Block> longer = _net.Grow(_net.Open(), 5, offsetMs: 1);
        Assert.That(_intake.AddBatch("a", Announce(shorter)).Added, Is.EqualTo(3));
        Assert.That(_intake.AddBatch("b", Announce(longer)).Added, Is.EqualTo(5));
        Assert.That(_intake.AddBatch("c", Announce(longer[..2])).Added, Is.EqualTo(2));

        IReadOnlyList<BodyRequest<string>> next = _intake.NextBodies(3);
        Assert.That(next.Select(request => request.Id), Is.EqualTo(longer[..3].Select(block => block.Id)));
        Assert.That(next[0].Peers, Is.EqualTo(new[] { "b", "c" }));
        Assert.That(next[2].Peers, Is.EqualTo(new[] { "b" }));
        _intake.Forget("b");
        Assert.That(_intake.NextBodies(9).Select(request => request.Id), Is.EqualTo(shorter.Select(block => block.Id)));
        Assert.That(_chain.Head.Height, Is.Zero, "headers give no work");
    }

    [Test]
    public void Headers_that_do_not_beat_the_head_ask_for_nothing()
    {
        List<Block> other = _net.Grow(_net.Open(), 2, offsetMs: 1);
        _net.Grow(_chain, 2);
        Assert.That(_intake.AddBatch("a", Announce(other)).Added, Is.EqualTo(2));
        Assert.That(_intake.NextBodies(5), Is.Empty, "equal work");
    }

    [Test]
    public void A_wrong_seal_ends_the_batch_and_says_nothing_of_the_id()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 4);
        HeaderAnnouncement[] forged = Announce(blocks);
        forged[2] = forged[2] with { Signed = forged[2].Signed with { Seal = blocks[1].Seal } };
        HeaderBatchResult batch = _intake.AddBatch("liar", forged);

        Assert.That((batch.Added, batch.Result.Code), Is.EqualTo((2, ValidationCode.BadSignature)));
        Assert.That(_intake.Count, Is.EqualTo(2));
        Assert.That(_intake.AddBatch("honest", Announce(blocks)).Added, Is.EqualTo(4));
        Assert.That(_intake.AddBatch("liar", Announce(blocks)).Added, Is.EqualTo(2), "what it sent before is passed over");
    }

    [Test]
    public void The_first_header_that_breaks_a_cheap_rule_ends_the_batch()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 4);
        HeaderAnnouncement[] lost = Announce(blocks);
        lost[1] = lost[1] with { PublicData = new byte[] { 1 } };
        Assert.That(_intake.AddBatch("a", lost), Is.EqualTo(new HeaderBatchResult(1, 1, ResultOf("a", lost[1]))));
        Assert.That(_intake.AddBatch("a", Announce(blocks[2..])).Result.Code, Is.EqualTo(ValidationCode.UnknownParent), "a gap");
        Assert.That(_intake.AddBatch("a", Announce([blocks[1], blocks[1], blocks[2]])).Added, Is.EqualTo(2), "a header twice");
        Assert.That(_intake.AddBatch("a", []), Is.EqualTo(new HeaderBatchResult(0, 0, ValidationResult.Ok)));
    }

    [Test]
    public void An_invalid_body_condemns_the_headers_on_it_and_the_next_best_chain_is_fetched()
    {
        BlockChain source = _net.Open();
        Block first = _net.Grow(source, 1)[0];
        Block bad = TestNet.Mine(_net.Next(source).Header with { StateRoot = Hash256.Sha256([1]) }, []);
        List<Block> onBad = [bad];
        for (int i = 0; i < 3; i++)
        {
            BlockHeader above = onBad[^1].Header;
            onBad.Add(TestNet.Mine(above with { Height = above.Height + 1, ParentHash = above.Id, TimestampMs = above.TimestampMs + 1_000 }, []));
        }

        List<Block> good = _net.Grow(source, 2, offsetMs: 2);
        Assert.That(_intake.AddBatch("a", Announce([first, .. onBad])).Added, Is.EqualTo(5));
        Assert.That(_intake.AddBatch("b", Announce([first, .. onBad[..2]])).Added, Is.EqualTo(3));
        Assert.That(_intake.AddBatch("c", Announce([first, .. good])).Added, Is.EqualTo(3));
        Assert.That(_intake.NextBodies(2).Select(request => request.Id), Is.EqualTo(new[] { first.Id, bad.Id }));
        Assert.That(_intake.ImportBody("a", first).IsValid, Is.True);

        Assert.That(_intake.ImportBody("a", bad).Code, Is.EqualTo(ValidationCode.WrongStateRoot));
        Assert.That(_intake.CountOf("a") + _intake.CountOf("b"), Is.Zero);
        Assert.That(_intake.NextBodies(9).Select(request => request.Id), Is.EqualTo(good.Select(block => block.Id)));
        Assert.That(_intake.AddBatch("a", Announce(onBad)).Result.Code, Is.EqualTo(ValidationCode.AlreadyKnown).Or.EqualTo(ValidationCode.InvalidAncestor));
    }

    [Test]
    public void A_body_or_witness_that_does_not_fit_is_the_fault_of_who_sent_it()
    {
        Block block = _net.Next(_net.Open(), [_net.Pay(_net.Alice, 0, 1)]);
        Block[] wrong =
        [
            block with { Transactions = [] },
            block with { Seal = ProducerSeal.Sign(TestNet.MinerKey, block.Header with { Nonce = 7 }) },
            block with { Certificate = block.Certificate with { Witness = new byte[32] } },
            block with { Certificate = block.Certificate with { Witness = default } },
        ];
        _intake.AddBatch("honest", Announce([block]));
        foreach (Block sent in wrong)
        {
            Assert.That(_intake.AddBatch("liar", Announce([block])).Added, Is.EqualTo(1));
            Assert.That(_intake.ImportBody("liar", sent).IsValid, Is.False);
            Assert.That(_intake.CountOf("liar"), Is.Zero);
            Assert.That(_intake.NextBodies(1).Single().Peers, Is.EqualTo(new[] { "honest" }));
        }

        Assert.That(_intake.ImportBody("honest", block).IsValid, Is.True);
    }

    [Test]
    public void Headers_whose_branch_finality_has_ruled_out_leave()
    {
        DepthFinality finality = new(2);
        using TestNet net = new(null, [finality]);
        BlockChain Opened() => net.Open(new InMemoryKeyValueStore(), options => options with { Finality = finality });
        BlockChain chain = Opened();
        HeaderIntake<string> intake = new(chain, new HeaderIntakeOptions(), net.Time);
        List<Block> branch = net.Grow(Opened(), 9, offsetMs: 1);
        Assert.That(intake.AddBatch("a", Announce(branch)).Added, Is.EqualTo(9));
        net.Grow(chain, 4);

        Assert.That(chain.FinalizedHeight, Is.EqualTo(2));
        Assert.That(intake.NextBodies(3), Is.Empty);
        Assert.That(intake.Count, Is.Zero);
        Assert.That(intake.AddBatch("a", Announce(branch)).Result.Code, Is.EqualTo(ValidationCode.BelowFinalized));
    }

    [Test]
    public void A_peer_that_never_delivers_does_not_keep_its_headers_in_front()
    {
        List<Block> silent = _net.Grow(_net.Open(), 5, offsetMs: 1);
        List<Block> honest = _net.Grow(_net.Open(), 3);
        _intake.AddBatch("silent", Announce(silent));
        _net.Time.Now += TimeSpan.FromMinutes(4);
        _intake.AddBatch("honest", Announce(honest));
        Assert.That(_intake.NextBodies(1).Single().Id, Is.EqualTo(silent[0].Id));
        _net.Time.Now += TimeSpan.FromMinutes(2);
        Assert.That(_intake.NextBodies(1).Single().Id, Is.EqualTo(honest[0].Id));
        Assert.That(_intake.CountOf("silent"), Is.Zero);
    }

    [Test]
    public void A_body_that_came_another_way_is_not_asked_for()
    {
        List<Block> blocks = _net.Grow(_net.Open(), 3);
        _intake.AddBatch("a", Announce(blocks));
        Assert.That(_chain.Import(blocks[0]).IsValid, Is.True);
        Assert.That(_intake.NextBodies(9).Select(request => request.Id), Is.EqualTo(blocks[1..].Select(block => block.Id)));
        Assert.That(_intake.Count, Is.EqualTo(2));
        blocks[1..].ForEach(block => Assert.That(_chain.Import(block).IsValid, Is.True));
        Assert.That(_intake.NextBodies(9), Is.Empty);
    }

    private ValidationResult ResultOf(string peer, HeaderAnnouncement announced) =>
        _intake.TryAdd(peer, announced.Signed.Header, announced.PublicData);

    private static HeaderAnnouncement[] Announce(IEnumerable<Block> blocks) =>
        [.. blocks.Select(block => new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData))];
}
