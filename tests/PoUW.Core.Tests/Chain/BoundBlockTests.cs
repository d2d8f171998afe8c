using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Finality;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>What the chain itself demands of bound blocks; which claims are valid is a matter of the lease view.</summary>
public sealed class BoundBlockTests
{
    private static readonly BoundClaim Claim = new(Hash256.Sha256("job"u8), 1, 0, 5, 2);

    private TestNet _net = null!;
    private TestStakes _stakes = null!;
    private BlockChain _chain = null!;

    [SetUp]
    public void Open()
    {
        _stakes = new TestStakes([(TestNet.Miner, Amount.FromCoins(100))]);
        _net = new TestNet();
        _chain = NewChain();
        _net.Grow(_chain, 2);
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void A_bound_block_extends_the_chain_and_its_child_knows_the_win_before_anything_else()
    {
        Block bound = Bound();
        Assert.That(_chain.Import(bound).ToString(), Is.EqualTo("Ok"));
        Assert.That(OrderModule.TextIn(_chain.HeadState), Is.EqualTo("[u]"), "its own win is not in its state");
        Transaction transaction = _net.Signer.Sign(_net.Alice, TransactionKind.Withdraw, 0, ReadOnlyMemory<byte>.Empty);
        Assert.That(_chain.Import(_net.Next(_chain, [transaction])).ToString(), Is.EqualTo("Ok"));
        Assert.That(OrderModule.TextIn(_chain.HeadState), Is.EqualTo("[bt]"));
        WorkPublicData.TryDecode(bound.Certificate.PublicData.Span, out WorkPublicData? data);
        Assert.That(OrderModule.OperandsIn(_chain.HeadState), Is.EqualTo(OperationDigest.Of(data!)));
        _net.Grow(_chain, 1);
        Assert.That(OrderModule.TextIn(_chain.HeadState), Is.EqualTo("[u]"));
    }

    [Test]
    public void There_is_nothing_to_choose_in_a_bound_block_but_its_time()
    {
        Block good = Bound();
        Block nonce = Seal(good.Header with { Nonce = 1 });
        Assert.That(_chain.Import(nonce).Code, Is.EqualTo(ValidationCode.BadBinding));
        Transaction payment = _net.Pay(_net.Alice, 0, 1);
        BlockHeader paying = _chain.Propose(TestNet.Miner, [payment], good.Header.TimestampMs).Header with { Claim = Claim };
        Block full = new BlockTemplate(paying, [payment]).Complete(BoundTickets.Mine(paying), TestNet.MinerKey);
        Assert.That(_chain.Import(full).Code, Is.EqualTo(ValidationCode.BadBinding));
        Assert.That(_chain.Import(good).ToString(), Is.EqualTo("Ok"));
    }

    [Test]
    public void A_block_whose_claim_the_lease_view_refuses_is_refused_and_not_kept()
    {
        Block refused = Bound(claim: Claim with { Step = 4 });
        Assert.That(_chain.Import(refused).Code, Is.EqualTo(ValidationCode.NotScheduled));
        Assert.That(_chain.GetHeader(refused.Id), Is.Null);
        Assert.That(_chain.Import(refused).Code, Is.EqualTo(ValidationCode.NotScheduled));
    }

    [Test]
    public void A_bound_block_is_at_most_a_quarter_block_ahead_of_the_clock_and_waits_else()
    {
        ulong now = _chain.Head.Header.TimestampMs + 1_000;
        _net.Time.Now = DateTimeOffset.FromUnixTimeMilliseconds((long)now);
        Block early = Bound(now + 251);
        Assert.That(_chain.Import(early).Code, Is.EqualTo(ValidationCode.BadTimestamp));
        BlockTemplate unbound = _chain.Propose(TestNet.OtherMinerKey.Address, [], now + 15_000);
        _net.Time.Now = _net.Time.Now.AddMilliseconds(1);
        Assert.That(_chain.Import(early).ToString(), Is.EqualTo("Ok"), "time makes it good: it was refused, not condemned");
        Assert.That(
            _chain.Import(unbound.Complete(NonceWork.Mine(unbound.Header), TestNet.OtherMinerKey)).ToString(), Is.EqualTo("Ok"),
            "any other block may be further ahead");
    }

    [Test]
    public void Of_two_blocks_with_one_ticket_the_first_seen_stays_and_the_pair_costs_the_stake()
    {
        ulong now = _chain.Head.Header.TimestampMs + 1_000;
        Block first = Bound(now);
        Block second = Bound(now + 1);
        Assert.That(BoundTickets.TicketOf(second.Header), Is.EqualTo(BoundTickets.TicketOf(first.Header)));
        Assert.That(second.Id, Is.Not.EqualTo(first.Id));
        Assert.That(_chain.Import(first).ToString(), Is.EqualTo("Ok"));
        Assert.That(_chain.Import(second).ToString(), Is.EqualTo("Ok"), "stored, not followed");
        Assert.That(_chain.Head.Id, Is.EqualTo(first.Id));

        byte[] evidence = Evidence.OfBlocks(first.SignedHeader, second.SignedHeader).Encode();
        Assert.That(_stakes.PowerOf(_chain.HeadState, TestNet.Miner), Is.Not.EqualTo(UInt128.Zero));
        Block report = _net.Next(_chain, [_net.Signer.Sign(_net.Alice, TransactionKind.Evidence, 0, evidence)], producer: TestNet.OtherMinerKey);
        Assert.That(_chain.Import(report).ToString(), Is.EqualTo("Ok"));
        Assert.That(_chain.GetReceipts(report.Id)!.Single().Code, Is.EqualTo(ValidationCode.Ok));
        Assert.That(_stakes.PowerOf(_chain.HeadState, TestNet.Miner), Is.EqualTo(UInt128.Zero));
    }

    [Test]
    public void One_ticket_cannot_fill_the_store_with_blocks_beside_the_head()
    {
        Block refused = Bound(claim: Claim with { Step = 4 });
        Block good = Bound();
        _net.Grow(_chain, 2);
        for (byte i = 0; i < 3; i++)
        {
            Block variant = Seal(refused.Header with { StateRoot = Hash256.Sha256([i]) });
            Assert.That(_chain.Import(variant).Code, Is.EqualTo(ValidationCode.NotScheduled));
            Assert.That(_chain.GetHeader(variant.Id), Is.Null, "nothing is kept of what costs a signature");
            Block lying = Seal(good.Header with { StateRoot = Hash256.Sha256([i]) });
            Assert.That(_chain.Import(lying).Code, Is.EqualTo(ValidationCode.WrongStateRoot), "else peers that pass it on would answer for it");
            Assert.That(_chain.GetHeader(lying.Id), Is.Null);
        }

        Assert.That(_chain.Import(good).ToString(), Is.EqualTo("Ok"));
    }

    [Test]
    public void A_claim_beside_the_head_is_checked_on_a_parent_that_was_not_executed_yet()
    {
        BlockChain other = Twin();
        Block side = _net.Next(other, producer: TestNet.OtherMinerKey);
        Assert.That(other.Import(side).ToString(), Is.EqualTo("Ok"));
        _net.Grow(_chain, 3);
        Assert.That(_chain.Import(side).ToString(), Is.EqualTo("Ok"));
        Block refused = Seal(other.ProposeBound(TestNet.Miner, Claim with { Step = 4 }, side.Header.TimestampMs + 1_000).Header);
        Assert.That(_chain.Import(refused).Code, Is.EqualTo(ValidationCode.NotScheduled));
        Assert.That(_chain.GetHeader(refused.Id), Is.Null);
        Block good = Seal(other.ProposeBound(TestNet.Miner, Claim, side.Header.TimestampMs + 1_000).Header);
        Assert.That(_chain.Import(good).ToString(), Is.EqualTo("Ok"));
        Assert.That(_chain.GetHeader(good.Id), Is.Not.Null);
    }

    [Test]
    public void A_bound_block_with_content_is_refused_before_it_is_kept()
    {
        Block good = Bound();
        _net.Grow(_chain, 2);
        Block nonce = Seal(good.Header with { Nonce = 1 });
        Assert.That(_chain.Import(nonce).Code, Is.EqualTo(ValidationCode.BadBinding));
        Transaction payment = _net.Pay(_net.Alice, 0, 1);
        BlockHeader paying = good.Header with { TransactionRoot = Block.TransactionRootOf([payment]), CertificateCommitment = default };
        Block full = new BlockTemplate(paying, [payment]).Complete(BoundTickets.Mine(paying), TestNet.MinerKey);
        Assert.That(_chain.Import(full).Code, Is.EqualTo(ValidationCode.BadBinding));
        Assert.That(_chain.GetHeader(nonce.Id) ?? _chain.GetHeader(full.Id), Is.Null);
    }

    private BlockChain NewChain() => new(new BlockChainOptions
    {
        Store = new InMemoryKeyValueStore(),
        Parameters = _net.Parameters,
        WorkVerifier = new BoundTickets(),
        Difficulty = new StepDifficulty(),
        Modules = [new OrderModule(), _stakes, new FinalityModule(_stakes, _stakes, new Secp256k1Scheme())],
        Time = _net.Time,
        Leases = new OddSteps(),
    });

    private BlockChain Twin()
    {
        BlockChain twin = NewChain();
        for (ulong height = 1; height <= _chain.Head.Height; height++)
        {
            Assert.That(twin.Import(_chain.GetBlockByHeight(height)!).ToString(), Is.EqualTo("Ok"));
        }

        return twin;
    }

    private Block Bound(ulong? timeMs = null, BoundClaim? claim = null) =>
        Seal(_chain.ProposeBound(TestNet.Miner, claim ?? Claim, timeMs ?? _chain.Head.Header.TimestampMs + 1_000).Header);

    private static Block Seal(BlockHeader header) =>
        new BlockTemplate(header with { CertificateCommitment = default }, []).Complete(BoundTickets.Mine(header), TestNet.MinerKey);

    /// <summary>Takes claims on odd steps.</summary>
    private sealed class OddSteps : ILeaseView
    {
        public ValidationResult CheckClaim(IStateReader parentState, BlockHeader parent, BlockHeader header, in TileWorkShape shape) =>
            header.Claim!.Step % 2 == 1 && shape == BoundTickets.Shape
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.NotScheduled, nameof(header.Claim), "An even step.");
    }
}
