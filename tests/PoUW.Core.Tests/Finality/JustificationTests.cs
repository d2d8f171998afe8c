using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

public sealed class JustificationTests
{
    private FinalityBench _bench = null!;

    [SetUp]
    public void Open() => _bench = new FinalityBench(100, 100, 100, 100);

    [TearDown]
    public void Close() => _bench.Dispose();

    [TestCase(1UL, new ulong[] { 0, 1, 2, 3, 4 })]
    [TestCase(4UL, new ulong[] { 0, 3, 7, 11, 15 })]
    [TestCase(8UL, new ulong[] { 0, 7, 15, 23, 31 })]
    public void Checkpoints_are_genesis_and_the_last_blocks_of_epochs(ulong epochBlocks, ulong[] expected)
    {
        List<ulong> walked = [0];
        while (walked.Count < expected.Length)
        {
            walked.Add(CheckpointHeights.Next(walked[^1], epochBlocks));
        }

        IEnumerable<ulong> filtered = Enumerable.Range(0, 64).Select(i => (ulong)i)
            .Where(height => CheckpointHeights.IsCheckpoint(height, epochBlocks)).Take(expected.Length);
        Assert.That(walked, Is.EqualTo(expected));
        Assert.That(filtered, Is.EqualTo(expected));
    }

    [Test]
    public void Genesis_is_justified_and_finalized_from_the_start()
    {
        Assert.That(FinalityLedger.Finalized(_bench.State), Is.EqualTo(new Checkpoint(0, Hash256.Zero)));
        _bench.AdvanceTo(1);
        Assert.That(FinalityLedger.Finalized(_bench.State), Is.EqualTo(new Checkpoint(0, _bench.IdOf(0))));
        Assert.That(FinalityLedger.Justified(_bench.State), Is.EqualTo(new Checkpoint(0, _bench.IdOf(0))));
        Assert.That(FinalityLedger.IsJustified(_bench.State, 0), Is.True);
    }

    [Test]
    public void A_checkpoint_is_known_from_the_block_after_it()
    {
        _bench.AdvanceTo(3);
        Assert.That(FinalityLedger.CheckpointId(_bench.State, 3), Is.Null);
        Assert.That(_bench.Vote(0, 0, 3), Is.EqualTo(ValidationCode.BadCheckpoint));
        _bench.AdvanceTo(4);
        Assert.That(FinalityLedger.CheckpointId(_bench.State, 3), Is.EqualTo(_bench.IdOf(3)));
        Assert.That(FinalityLedger.Latest(_bench.State), Is.EqualTo(new Checkpoint(3, _bench.IdOf(3))));
        Assert.That(_bench.Vote(0, 0, 3), Is.EqualTo(ValidationCode.Ok));
        Assert.That(FinalityLedger.LastVote(_bench.State, _bench.Keys[0].Address), Is.EqualTo(_bench.Link(0, 3)));
    }

    [Test]
    public void Three_of_four_equal_stakers_justify_and_the_next_link_finalizes()
    {
        _bench.AdvanceTo(4);
        Assert.That(new[] { 0, 1 }.Select(voter => _bench.Vote(voter, 0, 3)), Is.All.EqualTo(ValidationCode.Ok));
        Assert.That(_bench.Justified, Is.Zero);
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 3), Is.EqualTo(Amount.FromCoins(200).BaseUnits));
        _bench.Vote(2, 0, 3);
        Assert.That((_bench.Justified, _bench.Finalized), Is.EqualTo((3UL, 0UL)));

        _bench.AdvanceTo(8);
        VoteAll(3, 7, 3);
        Assert.That((_bench.Justified, _bench.Finalized), Is.EqualTo((7UL, 3UL)));
        Assert.That(FinalityLedger.Finalized(_bench.State).Id, Is.EqualTo(_bench.IdOf(3)));
    }

    [Test]
    public void Exactly_two_thirds_do_not_justify_and_one_base_unit_more_does()
    {
        using FinalityBench thirds = new(100, 100, 100);
        thirds.AdvanceTo(4);
        thirds.Vote(0, 0, 3);
        thirds.Vote(1, 0, 3);
        Assert.That(thirds.Justified, Is.Zero);

        using FinalityBench above = new(101, 100, 100);
        above.AdvanceTo(4);
        above.Vote(0, 0, 3);
        Assert.That(above.Justified, Is.Zero);
        above.Vote(1, 0, 3);
        Assert.That(above.Justified, Is.EqualTo(3));
    }

    [Test]
    public void A_link_over_skipped_epochs_justifies_but_does_not_finalize_until_a_direct_one_follows()
    {
        _bench.AdvanceTo(4);
        VoteAll(0, 3, 3);
        _bench.AdvanceTo(16);
        VoteAll(3, 15, 3);
        Assert.That((_bench.Justified, _bench.Finalized), Is.EqualTo((15UL, 0UL)));
        Assert.That(FinalityLedger.IsJustified(_bench.State, 7), Is.False);

        _bench.AdvanceTo(20);
        VoteAll(15, 19, 3);
        Assert.That((_bench.Justified, _bench.Finalized), Is.EqualTo((19UL, 15UL)));
    }

    [Test]
    public void Votes_for_different_links_to_one_target_are_not_added()
    {
        _bench.AdvanceTo(4);
        VoteAll(0, 3, 3);
        _bench.AdvanceTo(8);
        _bench.Vote(0, 0, 7);
        _bench.Vote(3, 0, 7);
        _bench.Vote(1, 3, 7);
        Assert.That(_bench.Justified, Is.EqualTo(3));
        _bench.Vote(2, 3, 7);
        Assert.That(_bench.Justified, Is.EqualTo(3), "two of four behind each link");
    }

    [Test]
    public void What_is_below_the_finalized_checkpoint_is_forgotten()
    {
        _bench.AdvanceTo(4);
        VoteAll(0, 3, 3);
        _bench.AdvanceTo(8);
        VoteAll(3, 7, 3);

        Assert.That(FinalityLedger.CheckpointId(_bench.State, 0), Is.Null);
        Assert.That(FinalityLedger.CheckpointId(_bench.State, 3), Is.EqualTo(_bench.IdOf(3)));
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 3), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.Vote(3, 0, 7), Is.EqualTo(ValidationCode.BadCheckpoint), "the source is below the finalized checkpoint");
        Assert.That(_bench.Vote(3, 3, 7), Is.EqualTo(ValidationCode.Ok), "a late vote for a decided link is accepted");
    }

    [Test]
    public void A_chain_that_finalizes_keeps_a_bounded_number_of_records()
    {
        List<int> records = [];
        for (ulong epoch = 1; epoch <= 12; epoch++)
        {
            _bench.AdvanceTo(epoch * 4);
            VoteAll(FinalityLedger.Justified(_bench.State).Height, (epoch * 4) - 1, 4);
            records.Add(Enumerable.Range(0, 64).Count(height => FinalityLedger.CheckpointId(_bench.State, (ulong)height) is not null));
        }

        Assert.That(_bench.Finalized, Is.EqualTo(43));
        Assert.That(records.Skip(1), Is.All.EqualTo(2));
    }

    [Test]
    public void A_sender_without_power_cannot_vote()
    {
        _bench.AdvanceTo(4);
        _bench.Unstake(0);
        Assert.That(_bench.Vote(0, 0, 3), Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That(FinalityLedger.LastVote(_bench.State, _bench.Keys[0].Address), Is.Null);
    }

    [Test]
    public void Wrong_sources_and_targets_are_refused_and_not_counted()
    {
        _bench.AdvanceTo(12);
        CheckpointVote right = _bench.Link(0, 3);
        CheckpointVote[] wrong =
        [
            right with { SourceId = Hash256.Sha256([1]) }, right with { TargetId = Hash256.Sha256([1]) },
            right with { TargetHeight = 4 }, right with { TargetHeight = 15 }, right with { SourceHeight = 2 },
            _bench.Link(3, 7), _bench.Link(0, 4),
        ];

        Assert.That(wrong.Select(vote => _bench.Vote(0, vote)), Is.All.EqualTo(ValidationCode.BadCheckpoint));
        Assert.That(_bench.Vote(0, new CheckpointVote(3, _bench.IdOf(3), 3, _bench.IdOf(3))), Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 3), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.Vote(0, right), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void A_vote_counts_once_and_votes_of_one_account_only_go_up()
    {
        _bench.AdvanceTo(12);
        _bench.Vote(0, 0, 7);
        UInt128 tally = FinalityLedger.Tally(_bench.State, 0, 7);
        Assert.That(_bench.Vote(0, 0, 7), Is.EqualTo(ValidationCode.AlreadyCounted));
        Assert.That(_bench.Vote(0, 0, 3), Is.EqualTo(ValidationCode.BadCheckpoint));
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 7), Is.EqualTo(tally));
        Assert.That(_bench.PowerOf(0), Is.Not.EqualTo(UInt128.Zero), "no offence");
    }

    [Test]
    public void Stake_that_left_after_its_vote_does_not_decide()
    {
        using FinalityBench bench = new(100, 100, 100, 100, 100);
        bench.AdvanceTo(4);
        bench.Vote(0, 0, 3);
        bench.Vote(1, 0, 3);
        bench.Vote(2, 0, 3);
        bench.Unstake(0);
        bench.Unstake(1);
        bench.Vote(3, 0, 3);
        Assert.That(bench.Justified, Is.Zero, "four votes of 100 were cast, and 200 of the remaining 300 are exactly two thirds");
        Assert.That(FinalityLedger.Tally(bench.State, 0, 3), Is.EqualTo(Amount.FromCoins(200).BaseUnits));
        bench.Vote(4, 0, 3);
        Assert.That(bench.Justified, Is.EqualTo(3));
    }

    [Test]
    public void With_no_voting_power_nobody_votes()
    {
        FinalityModule module = new(new NoVotingPower(), _bench.Stakes, new Core.Cryptography.Secp256k1Scheme());
        _bench.AdvanceTo(4);
        Ledger.BlockContext block = new(5, 0, _bench.IdOf(4), default, default, default, 0, null, FinalityBench.Parameters);
        Ledger.TransactionContext transaction = new(
            default, Ledger.TransactionKind.CheckpointVote, _bench.Keys[0].Address, 0, _bench.Link(0, 3).Encode(), block);
        Assert.That(module.Execute(transaction, _bench.State).Code, Is.EqualTo(ValidationCode.NotAllowed));
    }

    private void VoteAll(ulong source, ulong target, int voters)
    {
        Assert.That(Enumerable.Range(0, voters).Select(voter => _bench.Vote(voter, source, target)), Is.All.EqualTo(ValidationCode.Ok));
    }
}
