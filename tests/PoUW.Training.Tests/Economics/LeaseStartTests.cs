using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

/// <summary>When the schedule of a lease starts: once, at the end of the block that makes the lease deep enough to be claimed of.</summary>
[TestFixture]
public sealed class LeaseStartTests
{
    private const ulong Lead = 250;

    private LedgerHarness _ledger = null!;
    private Hash256 _job;

    [SetUp]
    public void GrantALease()
    {
        _ledger = new LedgerHarness(workers: 2, change: parameters => parameters with { LeaseBlocks = 12 });
        _job = Submit(seed: 7);
        _ledger.EndBlock();
    }

    // Faster and slower than the block time of a second, as fast, and without any time in between.
    [TestCase(1UL, 1UL)]
    [TestCase(1_000UL, 1_000UL)]
    [TestCase(90_000UL, 600_000UL)]
    [TestCase(0UL, 0UL)]
    public void It_starts_a_lead_after_the_second_block_after_the_grant_whenever_that_comes(ulong first, ulong second)
    {
        WorkLease lease = Lease();
        ulong granted = WorkLedger.LatestTime(_ledger.State);
        Assert.That(lease.Schedule.HasStarted, Is.False);
        EndBlockAt(granted + first);
        Assert.That(Lease(), Is.EqualTo(lease), "one block is not deep enough");
        EndBlockAt(granted + first + second);
        Assert.That(Lease(), Is.EqualTo(lease with { Schedule = lease.Schedule with { StartMs = granted + first + second + Lead } }));
        Assert.That(_ledger.Height - 1, Is.EqualTo(lease.GrantedHeight + LeaseView.MinDepth));
    }

    [Test]
    public void It_is_the_latest_time_of_all_ancestors_that_counts()
    {
        ulong granted = WorkLedger.LatestTime(_ledger.State);
        EndBlockAt(granted + 7_000);
        EndBlockAt(granted + 100);
        Assert.That(Lease().Schedule.StartMs, Is.EqualTo(granted + 7_000 + Lead));
    }

    [Test]
    public void It_is_fixed_once_and_its_record_is_dropped()
    {
        ulong deep = Lease().GrantedHeight + LeaseView.MinDepth;
        Assert.That(LeaseStarts.DueAt(_ledger.State, deep), Is.EqualTo(new[] { Lease().Id }));
        _ledger.EndBlock(2);
        WorkLease started = Lease();
        Assert.That(LeaseStarts.DueAt(_ledger.State, deep), Is.Empty);
        for (int block = 0; block < 5; block++)
        {
            _ledger.TimeMs += 10_000;
            _ledger.EndBlock();
            Assert.That(Lease(), Is.EqualTo(started));
        }
    }

    [Test]
    public void The_first_operation_is_due_in_the_next_block_as_soon_as_time_has_passed()
    {
        EndBlockAt(_ledger.TimeMs + 50_000);
        EndBlockAt(_ledger.TimeMs + 50_000);
        WorkSchedule schedule = Lease().Schedule;
        ulong latest = WorkLedger.LatestTime(_ledger.State);
        Assert.That(schedule.IsDue(0, latest, latest + Lead), Is.False);
        Assert.That(schedule.IsDue(0, latest, latest + Lead + 1), Is.True);
        Assert.That(schedule.EarliestBlockMs(0), Is.EqualTo(latest + 1 + Lead), "a block may be that much ahead of the clock");
        Assert.That(schedule.IsDue(0, latest + 1, ulong.MaxValue), Is.False, "only there");
    }

    [Test]
    public void A_lease_that_ended_before_is_not_started()
    {
        Lease lease = _ledger.OpenLeases(_job).Single();
        Assert.That(_ledger.Commit(lease).IsValid, Is.True);
        _ledger.EndBlock(2);
        WorkLease ended = WorkLedger.FindLease(_ledger.State, lease.Id)!;
        Assert.That((ended.Status, ended.Schedule.HasStarted), Is.EqualTo((WorkLeaseStatus.Accepted, false)));
        Assert.That(LeaseStarts.DueAt(_ledger.State, ended.GrantedHeight + LeaseView.MinDepth), Is.Empty);
    }

    [Test]
    public void A_lease_that_ends_in_the_very_block_is_not_started()
    {
        _ledger.EndBlock();
        Lease lease = _ledger.OpenLeases(_job).Single();
        Assert.That(_ledger.Commit(lease).IsValid, Is.True);
        _ledger.EndBlock();
        Assert.That(WorkLedger.FindLease(_ledger.State, lease.Id)!.Schedule.HasStarted, Is.False);
    }

    [Test]
    public void Leases_of_several_jobs_and_blocks_start_each_at_its_own_block()
    {
        Hash256 together = Submit(seed: 8);
        Hash256 alike = Submit(seed: 9);
        EndBlockAt(_ledger.TimeMs + 3_000);
        EndBlockAt(_ledger.TimeMs + 3_000);
        ulong first = WorkLedger.LatestTime(_ledger.State);
        Assert.That(new[] { together, alike }.Select(job => Lease(job).Schedule.HasStarted), Is.All.False);
        EndBlockAt(_ledger.TimeMs + 3_000);
        ulong second = WorkLedger.LatestTime(_ledger.State);
        Assert.That(Lease().Schedule.StartMs, Is.EqualTo(first + Lead));
        Assert.That(new[] { together, alike }.Select(job => Lease(job).Schedule.StartMs), Is.All.EqualTo(second + Lead));
    }

    [Test]
    public void More_leases_than_a_record_holds_start_all_the_same()
    {
        _ledger.Bits = LedgerHarness.BitsOf(1UL << 45);
        const ulong units = 200;
        ulong height = _ledger.Height + LeaseView.MinDepth;
        Hash256[] jobs = [.. new ulong[] { 8, 9, 10 }.Select(seed => Submit(seed, LedgerHarness.WorkManifest(units, perUnit: 1, perRound: units)))];
        WorkLease[] Leases() => [.. jobs.SelectMany(job => Enumerable.Range(0, (int)units).Select(unit => Lease(job, (ulong)unit)))];
        _ledger.EndBlock();
        Assert.That(Leases(), Has.Length.GreaterThan(2 * LeaseStarts.MaxPerRecord));
        Assert.That(LeaseStarts.DueAt(_ledger.State, height), Is.EquivalentTo(Leases().Select(lease => lease.Id)));
        _ledger.EndBlock(2);
        Assert.That(Leases().Select(lease => lease.Schedule.StartMs), Is.All.EqualTo(WorkLedger.LatestTime(_ledger.State) + Lead));
        Assert.That(LeaseStarts.DueAt(_ledger.State, height), Is.Empty);
    }

    [Test]
    public void A_restart_between_grant_and_start_changes_nothing()
    {
        _ledger.EndBlock();
        _ledger.Restart();
        EndBlockAt(_ledger.TimeMs);
        Assert.That(Lease().Schedule.StartMs, Is.EqualTo(WorkLedger.LatestTime(_ledger.State) + Lead));
    }

    [Test]
    public void A_time_without_room_for_the_lead_starts_nothing()
    {
        BlockContext block = new(
            Lease().GrantedHeight + LeaseView.MinDepth, ulong.MaxValue - Lead + 1, Hash256.Zero, Hash256.Zero, LedgerHarness.Client, Hash256.Zero,
            _ledger.Bits, null, _ledger.Parameters);
        new WorkModule().EndBlock(block, _ledger.Writer);
        Assert.That(Lease().Schedule.HasStarted, Is.False);
    }

    private Hash256 Submit(ulong seed, JobManifest? manifest = null)
    {
        JobManifest job = (manifest ?? LedgerHarness.WorkManifest()) with { Seed = seed };
        return _ledger.Submit(job, job.TotalPrice + Amount.FromCoins(10));
    }

    private WorkLease Lease(Hash256? job = null, ulong unit = 0) =>
        WorkLedger.FindLease(_ledger.State, BoundClaim.LeaseIdOf(job ?? _job, unit, 0))!;

    private void EndBlockAt(ulong timeMs)
    {
        _ledger.TimeMs = timeMs;
        _ledger.EndBlock();

        // The harness has moved on by a block time; tests say times themselves.
        _ledger.TimeMs = timeMs;
    }
}
