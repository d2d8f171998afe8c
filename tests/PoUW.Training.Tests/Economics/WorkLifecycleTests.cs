using System.Numerics;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

/// <summary>From the burn of a lease over its wins and their audit to the bonus, and every way in which it is lost.</summary>
[TestFixture]
public sealed class WorkLifecycleTests
{
    private LedgerHarness _ledger = null!;
    private Hash256 _job;
    private Lease _lease = null!;

    private Amount FullBonus => SubsidySplit.BonusShare(_ledger.Parameters);

    // The padded product of the plan is useful to the share of its true MACs.
    private Amount PaddedBonus => FullBonus.Scale(300UL * 256 * 600, 320UL * 256 * 1024);

    [SetUp]
    public void LeaseAUnit() => Start(Amount.FromCoins(10));

    [Test]
    public void A_lease_burns_its_expected_bonus_times_beta_out_of_the_budget()
    {
        BigInteger target = WorkTarget.TicketSpace / (512UL << 20);
        BigInteger exact = (BigInteger)FullBonus.BaseUnits * 12_500 * 4 * LedgerHarness.Plan.MacsPerStep * target;
        BigInteger burn = BigInteger.Divide(exact + (10_000 * WorkTarget.TicketSpace) - 1, 10_000 * WorkTarget.TicketSpace);
        WorkLease work = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
        Assert.Multiple(() =>
        {
            Assert.That((BigInteger)work.Burn.BaseUnits, Is.EqualTo(burn));
            Assert.That(_ledger.Job(_job).Burned, Is.EqualTo(work.Burn));
            Assert.That(_ledger.Job(_job).LeaseBurned, Is.EqualTo(work.Burn));
            Assert.That(_ledger.State.Burned, Is.EqualTo(work.Burn));
            Assert.That(work.Burn, Is.GreaterThan(FullBonus), "seven eighths of a block's work, times 1.25");
        });
        _ledger.AssertConservation(_job);
    }

    [TestCase(0UL, true)]
    [TestCase(1UL, false)]
    public void The_escrow_that_units_and_audits_need_is_never_burned(ulong missing, bool activated)
    {
        Amount burn = WorkLedger.FindLease(_ledger.State, _lease.Id)!.Burn;
        Start(burn - Amount.FromBaseUnits(missing));
        Assert.That(_lease.Worker, Is.Not.EqualTo(Address.Zero), "the lease is granted in any case");
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), activated ? Is.Not.Null : Is.Null);
        Assert.That(_ledger.Job(_job).LeaseBurned, Is.EqualTo(activated ? burn : Amount.Zero));
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        JobState done = _ledger.Job(_job);
        Assert.That(done.Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(done.Paid + done.Burned + done.Refunded, Is.EqualTo(done.Escrow));
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_retried_lease_burns_again_while_the_budget_lasts()
    {
        Amount burn = WorkLedger.FindLease(_ledger.State, _lease.Id)!.Burn;
        Start(burn + burn);
        for (ulong attempt = 1; attempt <= 2; attempt++)
        {
            Lease before = _lease;
            while (_ledger.Height <= before.ExpiryHeight)
            {
                _ledger.EndBlock();
            }

            _lease = _ledger.OpenLeases(_job).Single();
            Assert.That(_lease.Attempt, Is.EqualTo(attempt));
            Assert.That(WorkLedger.FindLease(_ledger.State, before.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
            Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), attempt == 1 ? Is.Not.Null : Is.Null);
        }

        Assert.That(_ledger.Job(_job).LeaseBurned, Is.EqualTo(burn + burn));
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_job_without_a_plan_and_a_block_without_a_target_activate_nothing()
    {
        Start(Amount.FromCoins(10), manifest => manifest with { Work = WorkPlan.None });
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), Is.Null);
        Start(Amount.FromCoins(10), bits: 0);
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), Is.Null);
        Assert.That(_ledger.Job(_job).LeaseBurned, Is.EqualTo(Amount.Zero));
    }

    [Test]
    public void A_network_whose_blocks_cannot_claim_burns_nothing()
    {
        UpgradeActivation[] never = [new UpgradeActivation(NetworkUpgrade.TileWork1, 0)];
        UpgradeActivation[] later = [.. never, new UpgradeActivation(NetworkUpgrade.BoundTickets, 1_000)];
        Func<NetworkParameters, NetworkParameters>[] changes =
        [
            parameters => parameters with { Upgrades = never },
            parameters => parameters with { Upgrades = later },
            parameters => parameters with { MaxBoundRun = 0 },
        ];
        foreach (Func<NetworkParameters, NetworkParameters> change in changes)
        {
            Start(Amount.FromCoins(10), change: change);
            Assert.That(_lease.Worker, Is.Not.EqualTo(Address.Zero));
            Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), Is.Null);
            Assert.That(_ledger.Job(_job).LeaseBurned, Is.EqualTo(Amount.Zero));
        }
    }

    [Test]
    public void A_win_is_on_record_before_the_transactions_of_the_next_block()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 1, 1));
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id), Is.Empty);
        _ledger.BeginBlock();
        WorkWin win = WorkLedger.Wins(_ledger.State, _lease.Id).Single();
        Assert.That(win, Is.EqualTo(new WorkWin(1, 1, LedgerHarness.OperandsOf(1, 1), _ledger.Height - 1, PaddedBonus)));
        _ledger.Commit(_lease);
        Assert.That(_ledger.Unit(_job, 0).WorkDigest, Is.EqualTo(WorkDigests.Of([(1, 1, win.Operands)])), "the last block before the record counts");
    }

    [Test]
    public void The_bonus_is_settled_by_the_target_of_the_win()
    {
        WorkLease work = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
        uint easy = LedgerHarness.BitsOf(128UL << 20);
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0, easy));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 1, 0, LedgerHarness.BitsOf(2_048UL << 20)));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 2, 0, easy));
        _ledger.BeginBlock();
        WorkWin[] wins = [.. WorkLedger.Wins(_ledger.State, _lease.Id)];
        CompactTarget.TryDecode(easy, out BigInteger target);
        BigInteger quarter = (BigInteger)work.Burn.BaseUnits * WorkTarget.TicketSpace * 10_000 / (work.Macs * target * 12_500);
        Assert.That((BigInteger)wins[0].Bonus.BaseUnits, Is.EqualTo(quarter), "four times as easy, a quarter of the bonus");
        Assert.That(wins[0].Bonus, Is.InRange(FullBonus.Scale(249, 1_000), FullBonus.Scale(251, 1_000)));
        Assert.That(wins[1].Bonus, Is.EqualTo(FullBonus), "never more than the share of the subsidy");
        Assert.That(wins.Select(win => win.Step), Is.EqualTo(new ulong[] { 0, 1, 2 }));
    }

    [Test]
    public void A_unit_with_wins_is_audited_whatever_the_rate()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        Assert.That(_ledger.Job(_job).Manifest.AuditRateBasisPoints, Is.Zero);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.AuditCommit));
    }

    [Test]
    public void Where_nobody_audits_a_win_costs_no_wage_and_earns_no_bonus()
    {
        Start(Amount.FromCoins(10), validators: 0);
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(_ledger.Balance(_lease.Worker), Is.GreaterThan(Amount.Zero));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        Amount minted = _ledger.State.Minted;
        _ledger.EndBlock(_ledger.Parameters.BonusVestingBlocks + 2);
        Assert.That(_ledger.State.Minted, Is.EqualTo(minted));
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void An_accepted_unit_earns_its_bonuses_after_the_vesting_time_and_not_a_block_earlier()
    {
        ulong won = _ledger.Height;
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 3, 1));
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Accepted));
        Amount wage = _ledger.Balance(_lease.Worker);
        Amount minted = _ledger.State.Minted;
        ulong due = won + _ledger.Parameters.BonusVestingBlocks;
        Assert.That(WorkVesting.DueAt(_ledger.State, due), Is.EqualTo(new[] { new VestingBonus(_lease.Worker, FullBonus, won) }));
        while (_ledger.Height < due)
        {
            _ledger.EndBlock();
            Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(wage));
        }

        _ledger.EndBlock();
        Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(wage + FullBonus));
        _ledger.EndBlock();
        Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(wage + FullBonus + PaddedBonus));
        Assert.That(_ledger.State.Minted, Is.EqualTo(minted + FullBonus + PaddedBonus));
        Assert.That(WorkVesting.DueAt(_ledger.State, due), Is.Empty, "the queue keeps nothing that was paid");
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_unit_that_is_accepted_late_earns_its_bonuses_in_the_next_block()
    {
        Start(Amount.FromCoins(10), change: parameters => parameters with { BonusVestingBlocks = 1 });
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 1, 0));
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0);
        Assert.That(WorkVesting.DueAt(_ledger.State, _ledger.Height), Has.Count.EqualTo(2));
        Amount wage = _ledger.Balance(_lease.Worker);
        _ledger.EndBlock();
        Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(wage + FullBonus + FullBonus));
    }

    [Test]
    public void Other_operands_than_the_scheduled_ones_convict_and_void_the_bonus()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0, operands: Hash256.Sha256("random matrices"u8)));
        _ledger.Commit(_lease);
        UnitState claimed = _ledger.Unit(_job, 0);
        _ledger.Audit(_job, 0);
        Conviction conviction = JobLedger.Convictions(_ledger.State, _job).Single();
        Assert.Multiple(() =>
        {
            Assert.That(conviction.Offender, Is.EqualTo(_lease.Worker));
            Assert.That(conviction.Offence, Is.EqualTo(Offence.FalseRecord));
            Assert.That(conviction.Claimed, Is.EqualTo(claimed.AuditDigest).And.Not.EqualTo(claimed.Record!.Digest));
            Assert.That(conviction.Slashed, Is.Not.EqualTo(Amount.Zero));
            Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
            Assert.That(_ledger.OpenLeases(_job).Single().Attempt, Is.EqualTo(1));
        });
        EarnsNothing();
    }

    [Test]
    public void A_true_record_with_the_digest_of_other_wins_is_no_verdict_of_an_honest_auditor()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        Hash256 withoutWins = _ledger.RecordFor(_lease).Digest;
        _ledger.Audit(_job, 0, place => (place == 2 ? withoutWins : null, true));
        Conviction conviction = JobLedger.Convictions(_ledger.State, _job).Single();
        Assert.That(conviction.Offence, Is.EqualTo(Offence.FalseVerdict));
        Assert.That(_ledger.Unit(_job, 0).IsAccepted, Is.True);
    }

    [Test]
    public void A_commitment_about_other_wins_from_another_branch_is_refused()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        UnitState unit = _ledger.Unit(_job, 0);
        Address auditor = unit.Auditors[0].Auditor;
        AuditReveal reveal = _ledger.RevealOf(unit, auditor);
        byte[] other = (_ledger.CommitOf(reveal, reveal.CommitmentFor(auditor)) with { ClaimedDigest = unit.Record!.Digest }).Encode();
        Assert.That(_ledger.Execute(auditor, TransactionKind.CommitAudit, other).Code, Is.EqualTo(ValidationCode.WrongPhase));
        Assert.That(_ledger.CommitAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void A_false_record_voids_the_bonus()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease, _ledger.RecordFor(_lease) with { EndRoot = Hash256.Zero });
        _ledger.Audit(_job, 0);
        Assert.That(JobLedger.Convictions(_ledger.State, _job).Single().Offence, Is.EqualTo(Offence.FalseRecord));
        EarnsNothing();
    }

    [Test]
    public void An_expired_lease_voids_the_bonus_and_its_last_win_too()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        while (_ledger.Height < _lease.ExpiryHeight)
        {
            _ledger.EndBlock();
        }

        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 1, 0));
        _ledger.BeginBlock();
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id), Has.Count.EqualTo(2));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        EarnsNothing();
    }

    [Test]
    public void The_end_of_the_job_voids_what_was_not_accepted()
    {
        Start(Amount.FromCoins(10), manifest => manifest with { DeadlineBlocks = 5 });
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.EndBlock(10);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.TimedOut));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        JobState ended = _ledger.Job(_job);
        Assert.That(ended.Paid + ended.Burned + ended.Refunded, Is.EqualTo(ended.Escrow), "what was burned stays burned");
        Assert.That(ended.Burned, Is.EqualTo(ended.LeaseBurned).And.Not.EqualTo(Amount.Zero));
        EarnsNothing();
    }

    [Test]
    public void A_unit_that_nobody_judged_before_the_job_ended_earns_nothing()
    {
        Start(Amount.FromCoins(10), manifest => manifest with { DeadlineBlocks = 5, AuditRateBasisPoints = 10_000 }, validators: 0);
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        _ledger.EndBlock(10);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.Committed));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Committed));
        _ledger.EndBlock(60);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.TimedOut));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        EarnsNothing();
    }

    [Test]
    public void A_conviction_while_the_job_closes_voids_the_bonus()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0, operands: Hash256.Zero));
        _ledger.Commit(_lease);
        _ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(_job).Encode());
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Cancelled));
        Assert.That(JobLedger.Convictions(_ledger.State, _job), Has.Count.EqualTo(1));
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        EarnsNothing();
    }

    [Test]
    public void A_ban_before_the_vesting_is_over_takes_the_bonus()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Unit(_job, 0).IsAccepted, Is.True);
        BlockContext block = new(
            _ledger.Height, 0, Hash256.Zero, Hash256.Zero, LedgerHarness.Client, Hash256.Zero, 0, null, _ledger.Parameters);
        _ledger.Stakes.SlashEquivocation(_ledger.Writer, block, _lease.Worker, LedgerHarness.Validator(0));
        EarnsNothing();
    }

    [Test]
    public void A_product_that_is_too_small_earns_nothing_but_is_credited()
    {
        WorkPlan small = new([new TileWorkShape(255, 256, 512, false, false)], 1_000);
        Start(Amount.FromCoins(10), manifest => manifest with { Work = small });
        BoundWork win = _ledger.WinOf(_lease, 0, 0);
        _ledger.EndBlockWonBy(win);
        _ledger.BeginBlock();
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id).Single().Bonus, Is.EqualTo(Amount.Zero));
        Assert.That(WorkLedger.IsCredited(_ledger.State, win.Claim.Nullifier), Is.True);
    }

    [Test]
    public void The_commons_job_burns_nothing_and_its_bonuses_are_capped_by_epoch()
    {
        StartCommons();
        WorkLease work = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
        Assert.That((work.Lane, work.Burn), Is.EqualTo((WorkLane.Commons, Amount.Zero)));
        Assert.That(_ledger.Job(_job).Burned, Is.EqualTo(Amount.Zero));
        Assert.That(WorkPricing.CommonsWinsPerEpoch(_ledger.Parameters), Is.EqualTo(2), "30 % of eight blocks, rounded down");
        for (ulong step = 0; step < 24; step++)
        {
            _ledger.EndBlockWonBy(_ledger.WinOf(_lease, step, 0));
        }

        _ledger.BeginBlock();
        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(_ledger.State, _lease.Id);
        Assert.That(wins, Has.Count.EqualTo(24));
        foreach (IGrouping<ulong, WorkWin> epoch in wins.GroupBy(win => win.Height / _ledger.Parameters.EpochBlocks))
        {
            Amount[] bonuses = [.. epoch.Select(win => win.Bonus)];
            Assert.That(bonuses.Take(2), Is.All.EqualTo(FullBonus), $"epoch {epoch.Key}");
            Assert.That(bonuses.Skip(2), Is.All.EqualTo(Amount.Zero), $"epoch {epoch.Key}");
        }
    }

    [Test]
    public void A_win_without_a_bonus_does_not_count_against_the_commons_cap()
    {
        StartCommons(new WorkPlan([new TileWorkShape(32, 32, 512, false, false), new TileWorkShape(256, 256, 512, false, false)], 1_000));
        for (ulong step = 0; step < 4; step++)
        {
            _ledger.EndBlockWonBy(_ledger.WinOf(_lease, step, (uint)(step / 3)));
        }

        _ledger.BeginBlock();
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id).Select(win => win.Bonus == FullBonus), Is.EqualTo(new[] { false, false, false, true }));
    }

    [Test]
    public void More_bonuses_than_a_block_mints_wait_for_the_next_and_a_lease_has_a_limit()
    {
        StartCommons(
            LedgerHarness.Plan,
            steps: 2_000,
            parameters => parameters with { CommonsBonusBasisPoints = 10_000, LeaseBlocks = 2_000, BonusVestingBlocks = 0 });
        for (ulong step = 0; step < WorkLedger.MaxWinsPerLease + 2; step++)
        {
            _ledger.EndBlockWonBy(_ledger.WinOf(_lease, step, 0));
        }

        _ledger.Commit(_lease);
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id), Has.Count.EqualTo(WorkLedger.MaxWinsPerLease));
        Assert.That(WorkLedger.IsCredited(_ledger.State, _ledger.WinOf(_lease, WorkLedger.MaxWinsPerLease + 1, 0).Claim.Nullifier), Is.True);
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Unit(_job, 0).IsAccepted, Is.True);
        Amount wage = _ledger.Balance(_lease.Worker);
        for (ulong block = 1; block <= 5; block++)
        {
            _ledger.EndBlock();
            Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(wage + (FullBonus * (WorkVesting.MaxPerBlock * Math.Min(block, 4)))));
        }

        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_state_with_leases_and_wins_reads_back_after_a_restart()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 0, 0));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 1, 1));
        _ledger.Commit(_lease);
        WorkLease lease = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
        WorkWin[] wins = [.. WorkLedger.Wins(_ledger.State, _lease.Id)];
        UnitState unit = _ledger.Unit(_job, 0);
        _ledger.Restart();
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id), Is.EqualTo(lease));
        Assert.That(WorkLedger.Wins(_ledger.State, _lease.Id), Is.EqualTo(wins));
        Assert.That(WorkLedger.FindPlan(_ledger.State, _job), Is.EqualTo(LedgerHarness.Plan));
        Assert.That(_ledger.Unit(_job, 0).AuditDigest, Is.EqualTo(unit.AuditDigest));
        Assert.That(WorkLedger.LatestTime(_ledger.State), Is.EqualTo(_ledger.TimeMs - 1_000));
    }

    [Test]
    public void The_module_has_no_transactions()
    {
        WorkModule module = new();
        Assert.That(module.Kinds, Is.Empty);
        Assert.That(module.CheckPayload(TransactionKind.CommitUnit, []).Code, Is.EqualTo(ValidationCode.UnknownKind));
    }

    [Test]
    public void The_digests_are_the_pinned_ones()
    {
        Hash256 record = Hash256.Sha256("record"u8);
        Hash256 work = WorkDigests.Of([(1, 2, Hash256.Sha256("x"u8)), (3, 4, Hash256.Sha256("y"u8))]);
        byte[] expected =
        [
            .. "PoUW/work-digest"u8, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, .. Hash256.Sha256("x"u8).ToArray(),
            3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, .. Hash256.Sha256("y"u8).ToArray(),
        ];
        Assert.That(work, Is.EqualTo(Hash256.Sha256(expected)));
        Assert.That(WorkDigests.Of([]), Is.EqualTo(Hash256.Zero));
        Assert.That(WorkDigests.Audit(record, Hash256.Zero), Is.EqualTo(record));
        Assert.That(
            WorkDigests.Audit(record, work), Is.EqualTo(Hash256.Sha256([.. "PoUW/unit-and-work"u8, .. record.ToArray(), .. work.ToArray()])));
    }

    private void EarnsNothing()
    {
        Amount before = _ledger.Balance(_lease.Worker);
        Amount minted = _ledger.State.Minted;
        _ledger.EndBlock(_ledger.Parameters.BonusVestingBlocks + 5);
        Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(before));
        Assert.That(_ledger.State.Minted, Is.EqualTo(minted));
        _ledger.AssertConservation(_job);
    }

    private void Start(
        Amount budget, Func<JobManifest, JobManifest>? manifest = null, Func<NetworkParameters, NetworkParameters>? change = null, uint? bits = null,
        int validators = 4)
    {
        _ledger = new LedgerHarness(2, validators, change);
        _ledger.Bits = bits ?? _ledger.Bits;
        JobManifest submitted = manifest is null ? LedgerHarness.WorkManifest() : manifest(LedgerHarness.WorkManifest());
        _job = _ledger.Submit(submitted, submitted.TotalPrice + budget);
        _ledger.EndBlock();
        _lease = _ledger.OpenLeases(_job).Single();
    }

    private void StartCommons(WorkPlan? plan = null, ulong steps = 100, Func<NetworkParameters, NetworkParameters>? change = null)
    {
        JobManifest manifest = LedgerHarness.WorkManifest(steps, perUnit: steps) with { Work = plan ?? LedgerHarness.Plan, DeadlineBlocks = 10_000 };
        _ledger = new LedgerHarness(2, 4, parameters =>
        {
            NetworkParameters commons = parameters with { CommonsJob = manifest.JobId, LeaseBlocks = 60 };
            return change is null ? commons : change(commons);
        });
        _job = _ledger.Submit(manifest);
        _ledger.EndBlock();
        _lease = _ledger.OpenLeases(_job).Single();
    }
}
