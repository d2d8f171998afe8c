using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class JobModuleTests
{
    private LedgerHarness _ledger = null!;

    [SetUp]
    public void StartLedger() => _ledger = new LedgerHarness(workers: 4);

    [Test]
    public void Leases_that_expire_together_read_the_stakes_once()
    {
        LedgerHarness ledger = new(workers: 60);
        Hash256 job = ledger.Submit(LedgerHarness.Manifest(steps: 60, perUnit: 1, perRound: 60));
        ledger.EndBlock();
        ledger.EndBlock(ledger.Parameters.LeaseBlocks - 1);
        Assert.That(ledger.OpenLeases(job), Has.Count.EqualTo(60));
        while (ledger.Height < ledger.OpenLeases(job)[0].ExpiryHeight)
        {
            ledger.EndBlock();
        }

        int reads = ledger.CountReadsOfEndBlock();
        Assert.That(ledger.OpenLeases(job).Select(lease => lease.Attempt), Is.All.EqualTo(1));
        Assert.That(reads, Is.LessThan(60 * 20), "a few records a unit, not every stake for every unit");
    }

    [Test]
    public void A_job_runs_from_escrow_to_close_and_every_base_unit_is_accounted_for()
    {
        JobManifest manifest = LedgerHarness.Manifest();
        Amount escrow = manifest.TotalPrice + Amount.FromBaseUnits(55);
        Hash256 job = _ledger.Submit(manifest, escrow);
        Amount before = _ledger.Balance(LedgerHarness.Client);

        for (ulong round = 0; round < manifest.RoundCount; round++)
        {
            _ledger.EndBlock();
            foreach (Lease lease in _ledger.OpenLeases(job))
            {
                Assert.That(_ledger.Commit(lease).Code, Is.EqualTo(ValidationCode.Ok));
            }

            _ledger.EndBlock();
        }

        _ledger.EndBlock();
        JobState closed = _ledger.Job(job);
        Assert.Multiple(() =>
        {
            Assert.That(closed.Status, Is.EqualTo(JobStatus.Completed));
            Assert.That(closed.Paid + closed.Burned + closed.Refunded, Is.EqualTo(escrow));
            Assert.That(closed.Burned, Is.EqualTo(Amount.FromBaseUnits(4 * 50)), "5 % of 1,001 rounded down, four units");
            Assert.That(closed.Paid, Is.EqualTo(Amount.FromBaseUnits(4 * 951)));
            Assert.That(closed.Refunded, Is.EqualTo(Amount.FromBaseUnits(55 + (4 * 3 * 7))), "nobody audited, so the fees come back");
            Assert.That(_ledger.Balance(LedgerHarness.Client), Is.EqualTo(before + closed.Refunded));
            Assert.That(_ledger.Balance(JobLedger.EscrowAccount(job)), Is.EqualTo(Amount.Zero));
            Assert.That(JobLedger.OpenJobs(_ledger.State), Is.Empty);
        });
        _ledger.AssertConservation(job);
    }

    [Test]
    public void The_inputs_digest_of_a_round_binds_the_end_roots_in_unit_order()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock();
        List<Hash256> roots = [];
        foreach (Lease lease in _ledger.OpenLeases(job))
        {
            roots.Add(_ledger.RecordFor(lease).EndRoot);
            _ledger.Commit(lease);
        }

        _ledger.EndBlock(2);
        Assert.That(_ledger.Job(job).InputsDigest, Is.EqualTo(JobLedger.DigestOf(roots)));
        Assert.That(_ledger.Job(job).InputsDigest, Is.Not.EqualTo(JobLedger.DigestOf(Enumerable.Reverse(roots))));
    }

    [Test]
    public void The_last_unit_and_the_last_round_may_be_short()
    {
        JobManifest manifest = LedgerHarness.Manifest(steps: 10, perUnit: 4, perRound: 2);
        Assert.Multiple(() =>
        {
            Assert.That(manifest.UnitCount, Is.EqualTo(3));
            Assert.That(manifest.RoundCount, Is.EqualTo(2));
            Assert.That(manifest.UnitsInRound(1), Is.EqualTo(1));
            Assert.That(manifest.StepsInUnit(2), Is.EqualTo(2));
        });
    }

    [Test]
    public void A_round_spreads_over_all_workers()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest(steps: 16, perUnit: 1, perRound: 4));
        _ledger.EndBlock();
        Assert.That(_ledger.OpenLeases(job).Select(lease => lease.Worker).Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void A_job_waits_until_a_worker_stakes()
    {
        _ledger = new LedgerHarness();
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock(2);
        Assert.That(_ledger.OpenLeases(job), Is.Empty);
        byte[] stake = new StakePayload(StakeRoles.Worker, LedgerHarness.WorkerStake).Encode();
        Assert.That(_ledger.Execute(LedgerHarness.Client, TransactionKind.Stake, stake).Code, Is.EqualTo(ValidationCode.Ok));
        _ledger.EndBlock();
        Assert.That(_ledger.OpenLeases(job), Has.Count.EqualTo(2));
    }

    [Test]
    public void An_expired_lease_goes_to_the_next_worker_and_the_old_record_is_refused()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock();
        Lease first = _ledger.OpenLeases(job)[0];
        UnitRecord late = _ledger.RecordFor(first);
        while (_ledger.Height <= first.ExpiryHeight)
        {
            _ledger.EndBlock();
        }

        Lease second = _ledger.OpenLeases(job)[0];
        Assert.Multiple(() =>
        {
            Assert.That(second.Attempt, Is.EqualTo(1));
            Assert.That(second.Worker, Is.Not.EqualTo(first.Worker));
            Assert.That(_ledger.Commit(first, late).Code, Is.EqualTo(ValidationCode.NoLease));
            Assert.That(_ledger.Commit(second, late).Code, Is.EqualTo(ValidationCode.LeaseMismatch));
            Assert.That(_ledger.Commit(second).Code, Is.EqualTo(ValidationCode.Ok));
        });
    }

    [Test]
    public void A_record_that_does_not_match_its_lease_is_refused_field_by_field()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock();
        Lease lease = _ledger.OpenLeases(job)[0];
        UnitRecord good = _ledger.RecordFor(lease);
        Address other = _ledger.OpenLeases(job)[1].Worker;

        Assert.Multiple(() =>
        {
            Assert.That(_ledger.Commit(lease, good with { JobId = Hash256.Zero }).Code, Is.EqualTo(ValidationCode.UnknownJob));
            Assert.That(_ledger.Commit(lease, good with { Unit = 3 }).Code, Is.EqualTo(ValidationCode.NoLease), "a unit of a later round");
            Assert.That(_ledger.Commit(lease, good with { Attempt = 1 }).Code, Is.EqualTo(ValidationCode.LeaseMismatch));
            Assert.That(_ledger.Commit(lease, good with { InputsDigest = Hash256.Sha256("x"u8) }).Code, Is.EqualTo(ValidationCode.LeaseMismatch));
            Assert.That(_ledger.Commit(lease, good with { Correct = 9 }).Code, Is.EqualTo(ValidationCode.LeaseMismatch));
            Assert.That(_ledger.Commit(lease, sender: other).Code, Is.EqualTo(ValidationCode.NoLease));
            Assert.That(_ledger.Commit(lease, sender: LedgerHarness.Client).Code, Is.EqualTo(ValidationCode.NoLease));
            Assert.That(_ledger.Job(job).Paid, Is.EqualTo(Amount.Zero), "nothing was paid for any of them");
            Assert.That(_ledger.Commit(lease, good).Code, Is.EqualTo(ValidationCode.Ok));
            Assert.That(_ledger.Commit(lease, good).Code, Is.EqualTo(ValidationCode.UnitAlreadyCommitted), "no unit is paid twice");
        });
    }

    [Test]
    public void A_submission_is_refused_for_each_wrong_field()
    {
        JobManifest manifest = LedgerHarness.Manifest();
        _ledger.Submit(manifest);
        Assert.Multiple(() =>
        {
            Assert.That(Submit(manifest, manifest.TotalPrice), Is.EqualTo(ValidationCode.JobExists));
            Assert.That(Submit(manifest with { Seed = 8 }, manifest.TotalPrice - Amount.FromBaseUnits(1)), Is.EqualTo(ValidationCode.EscrowTooSmall));
            Assert.That(Submit(manifest with { Client = Address.Zero }, manifest.TotalPrice), Is.EqualTo(ValidationCode.NotAllowed));
            Assert.That(Submit(manifest with { Seed = 9 }, Amount.FromCoins(5_000)), Is.EqualTo(ValidationCode.InsufficientBalance));
            Assert.That(Submit(manifest with { StepsPerUnit = 5_000 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { UnitsPerRound = 257 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { Version = 2 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { Name = "" }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { DeadlineBlocks = 0 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { Aggregation = (AggregationRule)9 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { AuditRateBasisPoints = 10_001 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { AuditorsPerUnit = 0 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { AuditorsPerUnit = 4 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { AuditorsPerUnit = 17 }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { AuditFee = Amount.FromCoins(100) }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
            Assert.That(Submit(manifest with { UnitPrice = Amount.Zero }, manifest.TotalPrice), Is.EqualTo(ValidationCode.BadManifest));
        });
    }

    [Test]
    public void Only_so_many_jobs_are_open_at_one_time()
    {
        for (ulong seed = 0; seed < JobLedger.MaxOpenJobs; seed++)
        {
            _ledger.Submit(LedgerHarness.Manifest() with { Seed = seed });
        }

        JobManifest oneMore = LedgerHarness.Manifest() with { Seed = 1_000 };
        Assert.That(Submit(oneMore, oneMore.TotalPrice), Is.EqualTo(ValidationCode.TooLarge));
    }

    [Test]
    public void Closing_lets_the_round_run_out_and_returns_the_rest()
    {
        JobManifest manifest = LedgerHarness.Manifest();
        Hash256 job = _ledger.Submit(manifest);
        _ledger.EndBlock();
        byte[] closing = new CloseJobPayload(job).Encode();

        Assert.That(_ledger.Execute(LedgerHarness.Worker(0), TransactionKind.CloseJob, closing).Code, Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That(_ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, closing).Code, Is.EqualTo(ValidationCode.Ok));
        Assert.That(_ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, closing).Code, Is.EqualTo(ValidationCode.JobClosed));
        foreach (Lease lease in _ledger.OpenLeases(job))
        {
            Assert.That(_ledger.Commit(lease).Code, Is.EqualTo(ValidationCode.Ok), "work under way is still paid");
        }

        _ledger.EndBlock(2);
        JobState closed = _ledger.Job(job);
        Assert.That(closed.Status, Is.EqualTo(JobStatus.Cancelled));
        Assert.That(closed.Refunded, Is.EqualTo(Amount.FromBaseUnits((2 * 1_001) + (4 * 3 * 7))));
        Assert.That(closed.Paid + closed.Burned + closed.Refunded, Is.EqualTo(closed.Escrow));
        _ledger.AssertConservation(job);
    }

    [Test]
    public void Closing_does_not_wait_for_expired_leases()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock();
        _ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(job).Encode());
        _ledger.EndBlock(10);
        Assert.That(_ledger.Job(job).Status, Is.EqualTo(JobStatus.Cancelled));
    }

    [Test]
    public void The_deadline_ends_a_job_and_nothing_can_be_committed_after_it()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest() with { DeadlineBlocks = 2 });
        _ledger.EndBlock();
        Lease lease = _ledger.OpenLeases(job)[0];
        UnitRecord record = _ledger.RecordFor(lease);
        _ledger.EndBlock(5);
        Assert.That(_ledger.Job(job).Status, Is.EqualTo(JobStatus.TimedOut));
        Assert.That(_ledger.Commit(lease, record).Code, Is.EqualTo(ValidationCode.JobClosed));
        _ledger.AssertConservation(job);
    }

    [Test]
    public void A_last_round_that_is_complete_in_the_block_of_the_deadline_completes_the_job()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest(steps: 8) with { DeadlineBlocks = 1 });
        _ledger.EndBlock();
        List<Hash256> roots = [];
        foreach (Lease lease in _ledger.OpenLeases(job))
        {
            roots.Add(_ledger.RecordFor(lease).EndRoot);
            Assert.That(_ledger.Commit(lease).Code, Is.EqualTo(ValidationCode.Ok));
        }

        _ledger.EndBlock(2);
        Assert.That(_ledger.Job(job).Status, Is.EqualTo(JobStatus.Completed), "every unit is done and paid for");
        Assert.That(_ledger.Job(job).InputsDigest, Is.EqualTo(JobLedger.DigestOf(roots)));
        _ledger.AssertConservation(job);
    }

    [Test]
    public void The_sums_that_a_round_claims_add_up_without_overflow()
    {
        Hash256 job = _ledger.Submit(LedgerHarness.Manifest());
        _ledger.EndBlock();
        foreach (Lease lease in _ledger.OpenLeases(job))
        {
            UnitRecord good = _ledger.RecordFor(lease);
            const ulong tooMuch = UnitRecord.MaxSum + 1;
            Assert.That(_ledger.Commit(lease, good with { LossSum = tooMuch }).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(_ledger.Commit(lease, good with { Samples = tooMuch }).Code, Is.EqualTo(ValidationCode.Malformed));
            Assert.That(_ledger.Commit(lease, good with { LossSum = UnitRecord.MaxSum }).Code, Is.EqualTo(ValidationCode.Ok));
        }

        Assert.That(ulong.MaxValue / UnitRecord.MaxSum, Is.GreaterThanOrEqualTo(JobManifest.MaxUnitsPerRound), "a client adds up a whole round");
    }

    [Test]
    public void A_job_that_nobody_works_on_costs_every_block_next_to_nothing()
    {
        for (ulong seed = 0; seed < JobLedger.MaxOpenJobs; seed++)
        {
            _ledger.Submit(LedgerHarness.Manifest(steps: 256, perUnit: 1, perRound: 256) with { Seed = seed });
        }

        _ledger.EndBlock();
        CountingReader reader = new(_ledger.State);
        StateOverlay next = new(reader);
        new JobModule().EndBlock(
            new BlockContext(_ledger.Height, 0, Hash256.Zero, Hash256.Zero, Address.Zero, Hash256.Zero, 0, null, NetworkParameters.Development), next);
        Assert.That(reader.Records, Is.LessThanOrEqualTo(1 + (2 * JobLedger.MaxOpenJobs)), "the list, and each job with one unit");
    }

    private ValidationCode Submit(JobManifest manifest, Amount escrow) =>
        _ledger.Execute(LedgerHarness.Client, TransactionKind.SubmitJob, new SubmitJobPayload(manifest, escrow).Encode()).Code;

    private sealed class CountingReader(IStateReader inner) : IStateReader
    {
        public int Records { get; private set; }

        public Amount Minted => inner.Minted;

        public Amount Burned => inner.Burned;

        public PoUW.Core.Accounts.Account GetAccount(Address address) => inner.GetAccount(address);

        public byte[]? GetRecord(StateKey key)
        {
            Records++;
            return inner.GetRecord(key);
        }
    }
}
