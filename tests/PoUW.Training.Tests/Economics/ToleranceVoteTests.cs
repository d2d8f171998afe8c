using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

/// <summary>
/// Every pattern of votes on a unit of lane T, against a table that the test computes from how often each vote was cast. The numbers are written
/// out: a price of 1,001 earns 600, of which 30 burn; 1,001 are slashed, of which each prover gets the fee of 7 and the rest burns.
/// </summary>
[TestFixture]
public sealed class ToleranceVoteTests
{
    private const int Validators = 7;
    private const ulong Initial = StakeAccount.InitialReputation;

    [Test]
    public void Every_pattern_of_three_auditors()
    {
        int[] outcomes = new int[4];
        for (int pattern = 0; pattern < 125; pattern++)
        {
            outcomes[(int)Check([(ToleranceVote)(pattern % 5), (ToleranceVote)(pattern / 5 % 5), (ToleranceVote)(pattern / 25)])]++;
        }

        // Two or three of one vote: 3 * 4 + 1 patterns each.
        Assert.That(outcomes, Is.EqualTo(new[] { 13, 13, 13, 86 }));
    }

    /// <summary>Every number of each vote among five, in a random order.</summary>
    [Test]
    public void Every_count_of_five_auditors()
    {
        Random random = new(5);
        int[] outcomes = new int[4];
        int patterns = 0;
        foreach (ToleranceVote[] votes in Multisets(5))
        {
            random.Shuffle(votes);
            outcomes[(int)Check(votes)]++;
            patterns++;
        }

        Assert.That(patterns, Is.EqualTo(126));
        Assert.That(outcomes, Is.EqualTo(new[] { 15, 15, 15, 81 }), "three to five of one vote, two or fewer others in 10 + 4 + 1 ways");
    }

    private static Outcome Check(ToleranceVote[] votes)
    {
        ToleranceScene scene = new(2, Validators, LedgerHarness.ToleranceManifest(auditors: (ulong)votes.Length));
        Amount client = scene.Ledger.Balance(LedgerHarness.Client);
        Lease lease = scene.Leases[0];
        scene.CommitAndDraw();
        IReadOnlyList<AuditorState> auditors = scene.Unit().Auditors;
        Hash256 claimed = scene.Unit().AuditDigest;
        scene.Vote(0, votes);
        Outcome outcome = Expected(votes);
        string pattern = $"{string.Join(" ", votes)}: {outcome}";

        Assert.Multiple(() =>
        {
            AssertUnit(scene, lease, outcome, pattern);
            AssertEvidence(scene, claimed, [.. auditors.Where((_, i) => votes[i] == (ToleranceVote)outcome).Select(drawn => drawn.Auditor)], outcome, pattern);
            for (int i = 0; i < votes.Length; i++)
            {
                Address auditor = auditors[i].Auditor;
                Assert.That(scene.Ledger.Balance(auditor).BaseUnits, Is.EqualTo((UInt128)FeeOf(votes, i, outcome)), pattern);
                Assert.That(scene.Ledger.Stake(auditor).Reputation, Is.EqualTo(ReputationOf(votes, i, outcome)), pattern);
            }

            Amount refund = outcome == Outcome.Accepted
                ? scene.Manifest.TotalPrice - Amount.FromBaseUnits(600 + (7 * Count(votes, ToleranceVote.Within))) : Amount.Zero;
            Assert.That(scene.Ledger.Balance(LedgerHarness.Client) - client, Is.EqualTo(refund), $"{pattern}; the client chose the bounds and earns nothing from them");
        });
        scene.AssertMoney(Validators);
        return outcome;
    }

    private static void AssertUnit(ToleranceScene scene, Lease lease, Outcome outcome, string pattern)
    {
        bool slashed = outcome is Outcome.OutOfBounds or Outcome.Withheld;
        StakeAccount worker = scene.Ledger.Stake(lease.Worker);
        Assert.That(scene.Ledger.Balance(lease.Worker).BaseUnits, Is.EqualTo((UInt128)(outcome == Outcome.Accepted ? 570 : 0)), pattern);
        Assert.That(scene.LossOf(lease.Worker).BaseUnits, Is.EqualTo((UInt128)(slashed ? 1_001 : 0)), pattern);
        Assert.That(worker.Reputation, Is.EqualTo(slashed ? Initial - 2_500 : Initial + (outcome == Outcome.Accepted ? 100UL : 0)), pattern);
        Assert.That(worker.BannedUntil, Is.Zero, pattern);
        Assert.That(worker.ToleranceClasses, Is.EqualTo(new[] { LedgerHarness.Class }), pattern);
        Assert.That(scene.State.Status, Is.EqualTo(outcome == Outcome.Accepted ? JobStatus.Completed : JobStatus.Active), pattern);
        Assert.That(scene.State.Audits, Is.EqualTo(outcome == Outcome.DrawnAgain ? 0 : 1), pattern);
        Assert.That(scene.State.Burned.BaseUnits, Is.EqualTo((UInt128)(outcome == Outcome.Accepted ? 30 : 0)), pattern);
        Assert.That(
            scene.Unit().Phase,
            Is.EqualTo(outcome switch { Outcome.Accepted => UnitPhase.Accepted, Outcome.DrawnAgain => UnitPhase.Committed, _ => UnitPhase.Leased }), pattern);
        Assert.That(scene.Unit().Lease.Attempt, Is.EqualTo(slashed ? 1 : 0), pattern);
        Assert.That(scene.Unit().Lease.Worker == lease.Worker, Is.Not.EqualTo(slashed), pattern);
    }

    private static void AssertEvidence(ToleranceScene scene, Hash256 claimed, Address[] provers, Outcome outcome, string pattern)
    {
        IReadOnlyList<Conviction> convictions = JobLedger.Convictions(scene.Ledger.State, scene.Job);
        if (outcome is Outcome.Accepted or Outcome.DrawnAgain)
        {
            Assert.That(convictions, Is.Empty, pattern);
            return;
        }

        Conviction conviction = convictions.Single();
        bool isOutside = outcome == Outcome.OutOfBounds;
        Assert.That(conviction.Offence, Is.EqualTo(isOutside ? Offence.OutOfBounds : Offence.WithheldState), pattern);
        Assert.That(conviction.Claimed, Is.EqualTo(claimed), pattern);
        Assert.That(conviction.Found, Is.EqualTo(isOutside ? AuditReveal.OutOfBounds(claimed) : claimed), pattern);
        Assert.That(conviction.Slashed, Is.EqualTo(Amount.FromBaseUnits(1_001)), pattern);
        Assert.That(conviction.Provers, Is.EqualTo(provers), pattern);
    }

    private static Outcome Expected(ToleranceVote[] votes)
    {
        foreach (ToleranceVote vote in new[] { ToleranceVote.Within, ToleranceVote.Outside, ToleranceVote.Absent })
        {
            if (Count(votes, vote) * 2 > (ulong)votes.Length)
            {
                return (Outcome)vote;
            }
        }

        return Outcome.DrawnAgain;
    }

    private static ulong FeeOf(ToleranceVote[] votes, int auditor, Outcome outcome)
    {
        if (outcome == Outcome.DrawnAgain || votes[auditor] != (ToleranceVote)outcome)
        {
            return 0;
        }

        return 7;
    }

    private static ulong ReputationOf(ToleranceVote[] votes, int auditor, Outcome outcome) => (votes[auditor], outcome) switch
    {
        _ when Count(votes, ToleranceVote.Silent) * 2 >= (ulong)votes.Length => Initial - 500, // Too few committed, so nobody opened.
        (ToleranceVote.Silent or ToleranceVote.Hidden, _) => Initial - 500,
        (ToleranceVote.Within, Outcome.OutOfBounds) or (ToleranceVote.Outside, Outcome.Accepted) => Initial - 500,
        (_, Outcome.DrawnAgain) => Initial,
        _ => Initial + (votes[auditor] == (ToleranceVote)outcome ? 20UL : 0),
    };

    private static ulong Count(ToleranceVote[] votes, ToleranceVote vote) => (ulong)votes.Count(one => one == vote);

    private static IEnumerable<ToleranceVote[]> Multisets(int size, ToleranceVote least = ToleranceVote.Within)
    {
        if (size == 0)
        {
            return [[]];
        }

        return Enumerable.Range((int)least, 5 - (int)least).Select(vote => (ToleranceVote)vote)
            .SelectMany(vote => Multisets(size - 1, vote).Select(rest => (ToleranceVote[])[vote, .. rest]));
    }

    /// <summary>The first three have the numbers of the votes that lead to them.</summary>
    private enum Outcome
    {
        Accepted,
        OutOfBounds,
        Withheld,
        DrawnAgain,
    }
}
