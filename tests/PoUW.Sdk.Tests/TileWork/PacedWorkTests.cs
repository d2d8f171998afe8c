using PoUW.Core.Jobs;
using PoUW.Core.Work;
using PoUW.Sdk.Mining;
using PoUW.Training.Workers;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>A worker that is faster than its schedule waits for it, and for nothing else.</summary>
[TestFixture]
public sealed class PacedWorkTests
{
    [Test]
    public void An_operation_that_comes_too_early_waits_until_a_block_may_claim_it()
    {
        using LaneScene scene = new();
        scene.StartJob();
        ulong lead = WorkSchedule.LeadOf(scene.Parameters);
        scene.Clock.NowMs = scene.DueMs(0, 0) - lead - 100;
        Ticking idle = new(scene, 30);
        WorkTemplate? template = Ask(scene, idle);
        Assert.That(idle.Calls, Is.EqualTo(4), "100 ms at 30 a call");
        Assert.That(template!.IsBound, Is.True);
    }

    [Test]
    public void An_operation_that_is_due_or_late_waits_for_nothing()
    {
        using LaneScene scene = new();
        scene.StartJob();
        scene.Clock.NowMs = scene.DueMs(0, 0);
        Ticking idle = new(scene, 30);
        Assert.That(Ask(scene, idle)!.IsBound, Is.True);
        scene.Clock.NowMs = scene.DueMs(1, 1);
        scene.Mine(0);
        Assert.That(Ask(scene, idle), Is.Null);
        Assert.That(idle.Calls, Is.Zero);
    }

    [Test]
    public void A_node_that_stops_and_a_lease_that_is_over_wait_for_nothing()
    {
        using LaneScene scene = new();
        scene.StartJob();
        scene.Clock.NowMs = scene.DueMs(0, 0) - WorkSchedule.LeadOf(scene.Parameters) - 100;
        Ticking idle = new(scene, 30);
        Assert.That(Ask(scene, idle, stopped: true), Is.Null);
        BoundClaim claim = Claim(scene);
        Assert.That(scene.Producer.IsEarly(claim), Is.True);
        Assert.That(scene.Producer.IsEarly(claim with { Attempt = 1 }), Is.False, "no such lease");
        Assert.That(scene.Producer.IsEarly(claim with { Step = 99 }), Is.False, "another unit's step");
        scene.Commit(scene.HonestRecord(scene.Lease));
        scene.Mine(0);
        Assert.That(scene.Producer.IsEarly(claim), Is.False, "the unit is committed");
        Assert.That(idle.Calls, Is.Zero);
    }

    [Test]
    public void A_schedule_that_takes_most_of_the_lease_is_not_kept_to()
    {
        using LaneScene scene = new(leaseBlocks: 4);
        scene.StartJob();
        ulong lengthMs = scene.WorkLease.Macs * 1_000 / LaneScene.MacsPerSecond;
        Assert.That(lengthMs * 2, Is.GreaterThan(4 * LaneScene.BlockMs));
        scene.Clock.NowMs = scene.DueMs(0, 0) - WorkSchedule.LeadOf(scene.Parameters) - 100;
        Ticking idle = new(scene, 30);
        Assert.That(Ask(scene, idle), Is.Null);
        Assert.That(idle.Calls, Is.Zero);
    }

    private static WorkTemplate? Ask(LaneScene scene, Ticking idle, bool stopped = false) =>
        new PacedWork(scene.Producer, idle, new CancellationToken(stopped)).ForOperation(Claim(scene), scene.Manifest.Work.Operations[0]);

    private static BoundClaim Claim(LaneScene scene)
    {
        Lease lease = scene.Lease;
        return new BoundClaim(scene.Manifest.JobId, lease.Unit, lease.Attempt, scene.WorkLease.FirstStep, 0);
    }

    /// <summary>Idle work that takes some time by the scene's clock.</summary>
    private sealed class Ticking(LaneScene scene, ulong milliseconds) : IIdleWork
    {
        public int Calls { get; private set; }

        public void RunOnce()
        {
            Calls++;
            scene.Clock.NowMs += milliseconds;
        }
    }
}
