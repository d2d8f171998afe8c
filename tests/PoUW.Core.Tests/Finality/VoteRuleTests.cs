using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

public sealed class VoteRuleTests
{
    [Test]
    public void The_rule_votes_from_the_highest_justified_to_the_newest_checkpoint()
    {
        using FinalityBench bench = new(100, 100, 100);
        bench.AdvanceTo(3);
        Assert.That(VoteRule.Next(bench.State, null), Is.Null, "no checkpoint above genesis is known");
        bench.AdvanceTo(4);
        Assert.That(VoteRule.Next(bench.State, null), Is.EqualTo(bench.Link(0, 3)));
        Assert.That(VoteRule.Next(bench.State, bench.Link(0, 3)), Is.Null, "voted already");
        bench.AdvanceTo(12);
        Assert.That(VoteRule.Next(bench.State, bench.Link(0, 3)), Is.EqualTo(bench.Link(0, 11)));
        for (int voter = 0; voter < 3; voter++)
        {
            bench.Vote(voter, 0, 11);
        }

        Assert.That(VoteRule.Next(bench.State, null), Is.Null, "the newest checkpoint is justified already");
        bench.AdvanceTo(16);
        Assert.That(VoteRule.Next(bench.State, bench.Link(0, 11)), Is.EqualTo(bench.Link(11, 15)));
    }

    [Test]
    public void The_rule_does_not_vote_around_its_last_vote_on_another_branch()
    {
        using FinalityBench bench = new(100, 100, 100);
        bench.AdvanceTo(20);
        CheckpointVote onAnotherBranch = new(11, Hash256.Sha256([1]), 15, Hash256.Sha256([2]));
        CheckpointVote harmless = onAnotherBranch with { SourceHeight = 0 };

        Assert.That(VoteRule.Next(bench.State, onAnotherBranch), Is.Null);
        Assert.That(VoteRule.Next(bench.State, harmless), Is.EqualTo(bench.Link(0, 19)));
        Assert.That(bench.Link(0, 19).ConflictsWith(onAnotherBranch), Is.True, "a voter that forgot its last vote would be slashable");
    }

    /// <summary>
    /// Four voters follow the rule on two branches that grow at random, switching heads at random: no two votes of one voter conflict, no
    /// evidence of any pair is accepted, and all keep their stakes on both branches.
    /// </summary>
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public bool Honest_voters_are_never_slashable(byte[] operations)
    {
        using FinalityBench trunk = new(100, 100, 100, 100);
        trunk.AdvanceTo(4);
        FinalityBench[] branches = [trunk.Fork(1), trunk.Fork(2)];
        List<CheckpointVote>[] signed = [[], [], [], []];
        foreach (byte operation in operations)
        {
            FinalityBench head = branches[operation & 1];
            int voter = (operation >> 1) & 3;
            if ((operation & 8) == 0)
            {
                head.AdvanceTo(head.Height + 1 + (ulong)(operation >> 4));
            }
            else if (VoteRule.Next(head.State, signed[voter].LastOrDefault()) is { } vote)
            {
                signed[voter].Add(vote);
                head.Vote(voter, vote);
            }
        }

        return branches.All(branch => Enumerable.Range(0, 4).All(voter => branch.PowerOf(voter) == Amount.FromCoins(100).BaseUnits))
            && Enumerable.Range(0, 4).All(voter => IsInnocent(branches[0], voter, signed[voter]));
    }

    [Test]
    public void Two_branches_never_both_finalize_while_voters_are_honest()
    {
        using FinalityBench trunk = new(100, 100, 100, 100);
        trunk.AdvanceTo(4);
        FinalityBench[] branches = [trunk.Fork(1), trunk.Fork(2)];
        CheckpointVote?[] last = new CheckpointVote?[4];
        Fuzzer random = new(9, "branches");
        bool finalized = false;
        for (int i = 0; i < 2_000; i++)
        {
            FinalityBench head = branches[random.Next(40) == 0 ? 1 : 0];
            head.AdvanceTo(head.Height + (ulong)random.Next(2));
            int voter = random.Next(4);
            if (VoteRule.Next(head.State, last[voter]) is { } vote)
            {
                last[voter] = vote;
                head.Vote(voter, vote);
            }

            finalized |= branches[0].Finalized > 4;
            Assert.That(branches.Count(branch => branch.Finalized > 4), Is.LessThan(2));
        }

        Assert.That(finalized, Is.True);
    }

    private static bool IsInnocent(FinalityBench bench, int voter, List<CheckpointVote> votes)
    {
        for (int i = 0; i < votes.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (votes[i].ConflictsWith(votes[j]))
                {
                    return false;
                }
            }
        }

        // The same through the module, for the pair that is most likely to conflict.
        return votes.Count < 2
            || bench.Report(Evidence.OfVotes(bench.Sign(voter, votes[^2]), bench.Sign(voter, votes[^1]))) == ValidationCode.BadEvidence;
    }
}
