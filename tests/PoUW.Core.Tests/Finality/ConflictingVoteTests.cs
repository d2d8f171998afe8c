using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

/// <summary>Votes that conflict with the sender's last one on the same chain.</summary>
public sealed class ConflictingVoteTests
{
    private FinalityBench _bench = null!;

    [SetUp]
    public void Open()
    {
        _bench = new FinalityBench(100, 100, 100, 100);
        _bench.AdvanceTo(4);
        foreach (int voter in new[] { 0, 1, 2 })
        {
            _bench.Vote(voter, 0, 3);
        }

        _bench.AdvanceTo(16);
    }

    [TearDown]
    public void Close() => _bench.Dispose();

    [Test]
    public void A_double_vote_is_slashed_at_once_and_not_counted()
    {
        _bench.Vote(0, 3, 11);
        Assert.That(_bench.Vote(0, 0, 11), Is.EqualTo(ValidationCode.Ok), "a failure would undo the slashing");
        AssertSlashed();
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 11), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.Vote(0, 3, 15), Is.EqualTo(ValidationCode.NotAllowed));
    }

    [Test]
    public void A_vote_for_another_branch_at_the_same_height_is_a_double_vote()
    {
        _bench.Vote(0, 3, 11);
        Assert.That(_bench.Vote(0, _bench.Link(3, 11) with { TargetId = Hash256.Sha256([1]) }), Is.EqualTo(ValidationCode.Ok));
        AssertSlashed();
    }

    [Test]
    public void A_surrounding_vote_is_slashed_at_once()
    {
        _bench.Vote(0, 3, 11);
        Assert.That(_bench.Vote(0, 0, 15), Is.EqualTo(ValidationCode.Ok));
        AssertSlashed();
        Assert.That(FinalityLedger.Tally(_bench.State, 0, 15), Is.EqualTo(UInt128.Zero));
    }

    [Test]
    public void A_surrounded_vote_is_slashed_at_once()
    {
        _bench.Vote(3, 0, 11);
        Assert.That(_bench.Vote(3, 3, 7), Is.EqualTo(ValidationCode.Ok));
        Assert.That(_bench.PowerOf(3), Is.EqualTo(UInt128.Zero));
    }

    [Test]
    public void The_stake_of_a_slashed_voter_does_not_decide_a_link()
    {
        _bench.Vote(0, 3, 11);
        _bench.Vote(1, 3, 11);
        _bench.Vote(0, 0, 15);
        Assert.That(_bench.Justified, Is.EqualTo(3));
        _bench.Vote(2, 3, 11);
        Assert.That(_bench.Justified, Is.EqualTo(3), "two of the three that are left are exactly two thirds");
        _bench.Vote(3, 3, 11);
        Assert.That(_bench.Justified, Is.EqualTo(11));
    }

    [Test]
    public void Evidence_of_what_was_slashed_on_chain_is_counted_already()
    {
        CheckpointVote second = _bench.Link(0, 15);
        _bench.Vote(0, 3, 11);
        _bench.Vote(0, second);
        Evidence evidence = Evidence.OfVotes(_bench.Sign(0, _bench.Link(3, 11)), _bench.Sign(0, second, nonce: 1));
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.AlreadyCounted));
    }

    [Test]
    public void A_producer_does_not_get_the_reward_for_its_own_conflicting_vote()
    {
        _bench.Vote(0, 3, 11);
        Assert.That(_bench.Vote(0, _bench.Link(0, 11), _bench.Keys[0].Address), Is.EqualTo(ValidationCode.BadCheckpoint));
        Assert.That(_bench.PowerOf(0), Is.EqualTo(Amount.FromCoins(100).BaseUnits));
        Evidence evidence = Evidence.OfVotes(_bench.Sign(0, _bench.Link(3, 11)), _bench.Sign(0, _bench.Link(0, 11), nonce: 1));
        Assert.That(_bench.Report(evidence), Is.EqualTo(ValidationCode.Ok), "but anybody else can prove it");
        Assert.That(_bench.PowerOf(0), Is.EqualTo(UInt128.Zero));
    }

    private void AssertSlashed()
    {
        Assert.That(_bench.PowerOf(0), Is.EqualTo(UInt128.Zero));
        Assert.That(_bench.State.GetAccount(FinalityBench.Producer).Balance, Is.EqualTo(Amount.FromCoins(40)));
        Assert.That(_bench.State.Burned, Is.EqualTo(Amount.FromCoins(60)));
    }
}
