using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Staking;
using PoUW.Network.Gossip;
using PoUW.Sdk.Peers;

namespace PoUW.Sdk.Tests.Peers;

/// <summary>What an account is worth in gossip.</summary>
[TestFixture]
public sealed class AccountScoreTests
{
    private static readonly PeerScoreOptions Options = new();
    private static readonly Amount Half = Amount.FromCoins(100);

    [Test]
    public void Stake_counts_with_falling_weight_and_a_bound()
    {
        double[] points = [.. new ulong[] { 0, 20, 100, 200, 1_000_000_000 }.Select(coins => Of(Amount.FromCoins(coins), StakeAccount.InitialReputation))];
        Assert.That(points, Is.Ordered.Ascending.And.Unique);
        Assert.That(points[0], Is.Zero);
        Assert.That(points[2], Is.EqualTo(Options.StakePoints / 2));
        Assert.That(points[4], Is.LessThan(Options.StakePoints).And.GreaterThan(Options.StakePoints * 0.99));
    }

    [Test]
    public void Proven_work_counts_in_both_directions_but_not_without_stake()
    {
        double neutral = Of(Half, StakeAccount.InitialReputation);
        Assert.That(Of(Half, StakeAccount.MaxReputation) - neutral, Is.EqualTo(Options.WorkPoints));
        Assert.That(Of(Half, 0) - neutral, Is.EqualTo(-Options.WorkPoints));
        Assert.That(Of(Amount.Zero, StakeAccount.MaxReputation), Is.Zero);
    }

    [Test]
    public void A_banned_account_is_graylisted_until_its_ban_is_over()
    {
        StakeAccount rich = Account(Amount.FromCoins(1_000_000), StakeAccount.MaxReputation) with { BannedUntil = 50 };
        Assert.That(AccountScore.Of(rich, 49, Half, Options), Is.EqualTo(Options.BannedPoints).And.LessThan(new GossipScoring().GraylistThreshold));
        Assert.That(AccountScore.Of(rich, 50, Half, Options), Is.Positive);
    }

    /// <summary>No account buys itself out of what gossip itself takes for misbehaviour.</summary>
    [Test]
    public void The_best_account_is_worth_less_than_the_graylist_takes()
    {
        double best = Of(Amount.FromCoins(1_000_000_000), StakeAccount.MaxReputation);
        Assert.That(best, Is.LessThanOrEqualTo(new GossipScoring().ApplicationCap));
        Assert.That(best + new GossipScoring().GossipThreshold, Is.Negative);
    }

    private static double Of(Amount bonded, ulong reputation) => AccountScore.Of(Account(bonded, reputation), 10, Half, Options);

    private static StakeAccount Account(Amount bonded, ulong reputation) => new(StakeRoles.Worker, bonded, Amount.Zero, 0, 0, reputation);
}
