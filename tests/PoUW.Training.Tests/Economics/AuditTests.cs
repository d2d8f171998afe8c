using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class AuditTests
{
    private static readonly Amount Penalty = Amount.FromBaseUnits(20 * 1_001);

    private LedgerHarness _ledger = null!;
    private Hash256 _job;
    private Lease _lease = null!;

    [SetUp]
    public void LeaseOneUnit()
    {
        _ledger = new LedgerHarness(workers: 2, validators: 5);
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000));
        _ledger.EndBlock();
        _lease = _ledger.OpenLeases(_job)[0];
    }

    [Test]
    public void A_right_record_is_accepted_and_worker_and_auditors_are_paid()
    {
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0);
        JobState job = _ledger.Job(_job);
        Assert.Multiple(() =>
        {
            Assert.That(job.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(job.Audits, Is.EqualTo(1));
            Assert.That(job.Convictions, Is.Zero);
            Assert.That(job.Paid, Is.EqualTo(Amount.FromBaseUnits(951 + (3 * 7))));
            Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(Amount.FromBaseUnits(951)));
            Assert.That(_ledger.Stake(_lease.Worker).Reputation, Is.EqualTo(StakeAccount.InitialReputation + 100));
            Assert.That(_ledger.Unit(_job, 0).Auditors.Select(auditor => _ledger.Balance(auditor.Auditor)), Is.All.EqualTo(Amount.FromBaseUnits(7)));
        });
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void Nothing_is_paid_before_the_verdict()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        Assert.That(_ledger.Job(_job).Paid, Is.EqualTo(Amount.Zero));
        Assert.That(_ledger.Balance(_lease.Worker), Is.EqualTo(Amount.Zero));
    }

    [Test]
    public void A_false_record_costs_stake_and_the_unit_goes_to_another_worker()
    {
        UnitRecord lie = _ledger.RecordFor(_lease) with { EndRoot = Hash256.Sha256("lie"u8) };
        Amount clientBefore = _ledger.Balance(LedgerHarness.Client);
        _ledger.Commit(_lease, lie);
        _ledger.Audit(_job, 0);

        Conviction conviction = JobLedger.Convictions(_ledger.State, _job).Single();
        Lease next = _ledger.OpenLeases(_job).Single();
        Assert.Multiple(() =>
        {
            Assert.That(conviction.Offender, Is.EqualTo(_lease.Worker));
            Assert.That(conviction.Offence, Is.EqualTo(Offence.FalseRecord));
            Assert.That(conviction.Claimed, Is.EqualTo(lie.Digest));
            Assert.That(conviction.Found, Is.EqualTo(_ledger.RecordFor(_lease).Digest));
            Assert.That(conviction.Slashed, Is.EqualTo(Penalty));
            Assert.That(_ledger.Stake(_lease.Worker).Bonded, Is.EqualTo(LedgerHarness.WorkerStake - Penalty));
            Assert.That(_ledger.Stake(_lease.Worker).Reputation, Is.Zero);
            Assert.That(_ledger.Balance(LedgerHarness.Client), Is.EqualTo(clientBefore + Penalty.Scale(1, 10)), "a tenth to the client");
            Assert.That(conviction.Provers.Select(_ledger.Balance), Is.All.EqualTo(Penalty.Scale(4, 30)), "four tenths to three auditors");
            Assert.That(next.Worker, Is.Not.EqualTo(_lease.Worker));
            Assert.That(next.Attempt, Is.EqualTo(1));
            Assert.That(_ledger.Job(_job).Paid, Is.EqualTo(Amount.Zero));
        });
        _ledger.AssertConservation(_job);

        _ledger.Commit(next);
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_withheld_state_convicts_the_worker_but_no_auditor()
    {
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0, place => (null, place == 0));
        Conviction conviction = JobLedger.Convictions(_ledger.State, _job).Single();
        Assert.That(conviction.Offence, Is.EqualTo(Offence.WithheldState));
        Assert.That(conviction.Offender, Is.EqualTo(_lease.Worker));
        Assert.That(AuditorStakes(), Is.All.EqualTo(LedgerHarness.ValidatorStake), "auditors may differ about availability");
    }

    [Test]
    public void One_auditor_cannot_convict_a_worker_of_withholding_while_another_is_silent()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        UnitState unit = _ledger.Unit(_job, 0);
        AuditReveal[] reveals = [.. unit.Auditors.Take(2).Select((auditor, place) => _ledger.RevealOf(unit, auditor.Auditor, available: place == 0))];
        for (int i = 0; i < 2; i++)
        {
            _ledger.CommitAudit(reveals[i], unit.Auditors[i].Auditor);
        }

        _ledger.EndBlock(4);
        for (int i = 0; i < 2; i++)
        {
            Assert.That(_ledger.RevealAudit(reveals[i], unit.Auditors[i].Auditor).Code, Is.EqualTo(ValidationCode.Ok));
        }

        _ledger.EndBlock();
        Assert.That(_ledger.Stake(_lease.Worker).Bonded, Is.EqualTo(LedgerHarness.WorkerStake), "one of three is no majority");
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
    }

    [Test]
    public void A_unit_that_was_chosen_for_an_audit_is_never_accepted_without_one()
    {
        _ledger = new LedgerHarness(workers: 4, validators: 4);
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 40, perUnit: 1, perRound: 40, auditRate: 2_500));
        _ledger.EndBlock();
        foreach (Lease lease in _ledger.OpenLeases(_job))
        {
            _ledger.Commit(lease);
        }

        _ledger.EndBlock(2);
        ulong[] chosen =
        [
            .. JobLedger.CurrentRound(_ledger.State, _ledger.Job(_job))
                .Where(unit => unit.Phase == UnitPhase.AuditCommit).Select(unit => unit.Lease.Unit),
        ];
        _ledger.EndBlock(20);
        Assert.That(chosen, Is.Not.Empty);
        Assert.That(chosen.Select(unit => _ledger.Unit(_job, unit).IsAccepted), Is.All.False, "silent auditors must not buy a second chance");
    }

    [Test]
    public void An_auditor_against_the_majority_loses_stake_and_the_honest_worker_is_paid()
    {
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0, place => (place == 1 ? Hash256.Sha256("other"u8) : null, true));
        Conviction conviction = JobLedger.Convictions(_ledger.State, _job).Single();
        Assert.Multiple(() =>
        {
            Assert.That(conviction.Offence, Is.EqualTo(Offence.FalseVerdict));
            Assert.That(_ledger.Stake(conviction.Offender).Bonded, Is.EqualTo(LedgerHarness.ValidatorStake - Penalty));
            Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(_ledger.Stake(_lease.Worker).Bonded, Is.EqualTo(LedgerHarness.WorkerStake));
        });
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void Without_a_majority_others_are_drawn_and_nobody_is_slashed()
    {
        _ledger.Commit(_lease);
        _ledger.Audit(_job, 0, place => (Hash256.Sha256([(byte)place]), true));
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.Committed));
        _ledger.Audit(_job, 0);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
        Assert.That(_ledger.Job(_job).Convictions, Is.Zero);
    }

    [Test]
    public void Silent_auditors_are_replaced_and_lose_reputation_only()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        Address[] silent = [.. _ledger.Unit(_job, 0).Auditors.Select(auditor => auditor.Auditor)];
        _ledger.EndBlock(4);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.AnyOf(UnitPhase.Committed, UnitPhase.AuditCommit));
        Assert.That(silent.Select(auditor => _ledger.Stake(auditor).Reputation), Is.All.LessThan(StakeAccount.InitialReputation));
        Assert.That(AuditorStakes(), Is.All.EqualTo(LedgerHarness.ValidatorStake));
    }

    [Test]
    public void One_silent_auditor_of_three_does_not_stop_a_verdict()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        UnitState unit = _ledger.Unit(_job, 0);
        AuditReveal[] reveals = [.. unit.Auditors.Take(2).Select(auditor => _ledger.RevealOf(unit, auditor.Auditor))];
        for (int i = 0; i < 2; i++)
        {
            _ledger.CommitAudit(reveals[i], unit.Auditors[i].Auditor);
        }

        _ledger.EndBlock(4);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.AuditReveal));
        for (int i = 0; i < 2; i++)
        {
            _ledger.RevealAudit(reveals[i], unit.Auditors[i].Auditor);
        }

        _ledger.EndBlock();
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.Completed));
    }

    [Test]
    public void Messages_out_of_turn_are_refused()
    {
        UnitState leased = _ledger.Unit(_job, 0);
        Address anyone = LedgerHarness.Validator(0);
        Assert.That(_ledger.CommitAudit(_ledger.RevealOf(leased, anyone), anyone).Code, Is.EqualTo(ValidationCode.WrongPhase));
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        UnitState unit = _ledger.Unit(_job, 0);
        Address auditor = unit.Auditors[0].Auditor;
        AuditReveal reveal = _ledger.RevealOf(unit, auditor);
        Address outsider = Enumerable.Range(0, 5).Select(LedgerHarness.Validator).First(address => unit.Auditors.All(drawn => drawn.Auditor != address));
        Assert.Multiple(() =>
        {
            Assert.That(_ledger.CommitAudit(reveal, outsider).Code, Is.EqualTo(ValidationCode.NotDrawn));
            Assert.That(_ledger.CommitAudit(reveal with { Attempt = 1 }, auditor).Code, Is.EqualTo(ValidationCode.WrongPhase));
            Assert.That(_ledger.CommitAudit(reveal with { JobId = Hash256.Zero }, auditor).Code, Is.EqualTo(ValidationCode.UnknownJob));
            Assert.That(_ledger.RevealAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.WrongPhase), "too early");
            Assert.That(
                _ledger.Execute(auditor, TransactionKind.CommitAudit, _ledger.CommitOf(reveal, Hash256.Zero).Encode()).Code,
                Is.EqualTo(ValidationCode.AlreadyCounted));
            Assert.That(
                _ledger.Execute(
                    auditor, TransactionKind.CommitAudit,
                    (_ledger.CommitOf(reveal, reveal.CommitmentFor(auditor)) with { ClaimedDigest = Hash256.Zero }).Encode()).Code,
                Is.EqualTo(ValidationCode.WrongPhase), "a commitment about another record, from another branch");
            Assert.That(_ledger.CommitAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.Ok));
            Assert.That(_ledger.CommitAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.AlreadyCounted));
        });
        foreach (AuditorState other in unit.Auditors.Skip(1))
        {
            _ledger.CommitAudit(_ledger.RevealOf(unit, other.Auditor), other.Auditor);
        }

        _ledger.EndBlock();
        Assert.Multiple(() =>
        {
            Assert.That(_ledger.RevealAudit(reveal with { Salt = Hash256.Zero }, auditor).Code, Is.EqualTo(ValidationCode.WrongOpening));
            Assert.That(_ledger.RevealAudit(reveal with { RecordDigest = Hash256.Zero }, auditor).Code, Is.EqualTo(ValidationCode.WrongOpening));
            Assert.That(_ledger.RevealAudit(reveal with { Available = false }, auditor).Code, Is.EqualTo(ValidationCode.WrongOpening));
            Assert.That(_ledger.RevealAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.Ok));
            Assert.That(_ledger.RevealAudit(reveal, auditor).Code, Is.EqualTo(ValidationCode.AlreadyCounted));
        });
    }

    [Test]
    public void A_copied_commitment_cannot_be_opened_by_another_auditor()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock(2);
        UnitState unit = _ledger.Unit(_job, 0);
        AuditReveal original = _ledger.RevealOf(unit, unit.Auditors[0].Auditor);
        byte[] copied = _ledger.CommitOf(original, original.CommitmentFor(unit.Auditors[0].Auditor)).Encode();
        foreach (AuditorState auditor in unit.Auditors)
        {
            _ledger.Execute(auditor.Auditor, TransactionKind.CommitAudit, copied);
        }

        _ledger.EndBlock();
        Assert.That(_ledger.RevealAudit(original, unit.Auditors[0].Auditor).Code, Is.EqualTo(ValidationCode.Ok));
        Assert.That(_ledger.RevealAudit(original, unit.Auditors[1].Auditor).Code, Is.EqualTo(ValidationCode.WrongOpening));
    }

    [Test]
    public void A_worker_is_never_drawn_to_audit_itself()
    {
        _ledger = new LedgerHarness(workers: 0, validators: 3);
        Address both = LedgerHarness.Validator(0);
        _ledger.Writer.Mint(both, LedgerHarness.WorkerStake);
        byte[] stake = new StakePayload(StakeRoles.Worker, LedgerHarness.WorkerStake).Encode();
        Assert.That(_ledger.Execute(both, TransactionKind.Stake, stake).Code, Is.EqualTo(ValidationCode.Ok));
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000));
        _ledger.EndBlock();
        _ledger.Commit(_ledger.OpenLeases(_job)[0]);
        _ledger.EndBlock(2);
        Assert.That(_ledger.Unit(_job, 0).Auditors.Select(auditor => auditor.Auditor), Has.No.Member(both).And.Exactly(1).Items, "one of two others: odd");
    }

    [Test]
    public void Without_validators_a_unit_waits_instead_of_being_accepted()
    {
        _ledger = new LedgerHarness(workers: 1);
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000));
        _ledger.EndBlock();
        _ledger.Commit(_ledger.OpenLeases(_job)[0]);
        _ledger.EndBlock(10);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.Committed));
        Assert.That(_ledger.Job(_job).Paid, Is.EqualTo(Amount.Zero));
    }

    [Test]
    public void A_job_whose_auditors_stay_away_ends_some_time_after_its_deadline_and_returns_the_escrow()
    {
        _ledger = new LedgerHarness(workers: 1);
        JobManifest manifest = LedgerHarness.Manifest(steps: 4, perUnit: 4, perRound: 1, auditRate: 10_000) with { DeadlineBlocks = 5 };
        _job = _ledger.Submit(manifest);
        _ledger.EndBlock();
        _ledger.Commit(_ledger.OpenLeases(_job)[0]);
        _ledger.EndBlock(60);
        Assert.That(_ledger.Job(_job).Status, Is.EqualTo(JobStatus.TimedOut));
        Assert.That(_ledger.Job(_job).Refunded, Is.EqualTo(manifest.TotalPrice));
        _ledger.AssertConservation(_job);
    }

    [Test]
    public void A_convicted_workers_other_units_are_audited_whatever_the_rate()
    {
        _ledger = new LedgerHarness(workers: 1, validators: 3);
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 8, perUnit: 4, perRound: 2, auditRate: 0));
        _ledger.EndBlock();
        IReadOnlyList<Lease> leases = _ledger.OpenLeases(_job);
        _ledger.Commit(leases[0]);
        _ledger.Stakes.SlashEquivocation(_ledger.Writer, Block(), leases[0].Worker, LedgerHarness.Validator(0));
        _ledger.EndBlock(2);
        Assert.That(_ledger.Unit(_job, 0).Phase, Is.EqualTo(UnitPhase.AuditCommit));
    }

    [Test]
    public void The_audit_rate_is_kept_within_the_noise()
    {
        _ledger = new LedgerHarness(workers: 4, validators: 4);
        _job = _ledger.Submit(LedgerHarness.Manifest(steps: 200, perUnit: 1, perRound: 200, auditRate: 2_500));
        _ledger.EndBlock();
        foreach (Lease lease in _ledger.OpenLeases(_job))
        {
            _ledger.Commit(lease);
        }

        _ledger.EndBlock(2);
        int audited = JobLedger.CurrentRound(_ledger.State, _ledger.Job(_job)).Count(unit => unit.Phase == UnitPhase.AuditCommit);
        Assert.That(audited, Is.EqualTo(50).Within(25), "four standard deviations of a binomial with n = 200 and p = 1/4");
    }

    private BlockContext Block() => new(_ledger.Height, 0, Hash256.Zero, Hash256.Zero, LedgerHarness.Client, Hash256.Zero, 0, null, _ledger.Parameters);

    private IEnumerable<Amount> AuditorStakes() => Enumerable.Range(0, 5).Select(number => _ledger.Stake(LedgerHarness.Validator(number)).Bonded);
}
