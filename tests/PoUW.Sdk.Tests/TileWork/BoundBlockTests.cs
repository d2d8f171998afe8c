using PoUW.Compute.TileWork;
using PoUW.Core.Blocks;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Training.Execution;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>A worker's training wins bound blocks on the production chain, when and only when the rules of the lane let it.</summary>
[TestFixture]
public sealed class BoundBlockTests
{
    [Test]
    public void A_unit_that_keeps_to_its_schedule_wins_bound_blocks_with_its_true_operands_and_their_bonus_is_minted()
    {
        using LaneScene scene = new();
        scene.StartJob();
        scene.KeepToSchedule();
        Lease lease = scene.Lease;
        int before = scene.Blocks.Count;
        ReplayedUnit unit = scene.RunUnit();
        List<Block> won = [.. scene.Blocks.Skip(before)];
        scene.Commit(unit.Record);
        scene.Mine();

        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(scene.State, lease.Id);
        OperandRecorder replay = scene.Replay(lease, wins.Select(win => (win.Step, win.Operation)));
        Assert.Multiple(() =>
        {
            Assert.That(won.Select(block => block.Header.Claim), Is.EqualTo(
                new BoundClaim?[] { Claim(scene, lease, 0, 0), Claim(scene, lease, 0, 1), Claim(scene, lease, 1, 0), null }), "three in a row, then one without");
            Assert.That(wins, Has.Count.EqualTo(3));
            Assert.That(wins.Select(win => win.Operands), Is.EqualTo(wins.Select(win => replay.DigestOf(win.Step, win.Operation))));
            Assert.That(scene.Producer.BoundBlocksProduced, Is.EqualTo(3));
            Assert.That(scene.Producer.BlocksProduced, Is.EqualTo(scene.Blocks.Count));
            Assert.That(scene.Backend.BoundTicketsDrawn, Is.GreaterThan(0).And.LessThan(scene.Backend.TicketsDrawn));
        });
        Amount due = wins.Aggregate(Amount.Zero, (sum, win) => sum + win.Bonus);
        Assert.That(wins.Select(win => win.Bonus), Is.All.GreaterThan(Amount.Zero));
        scene.Audit(lease);
        Assert.That(WorkLedger.FindLease(scene.State, lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Accepted));
        Vest(scene);
        Assert.That(MintedBonuses(scene), Is.EqualTo(due));
    }

    [Test]
    public void A_worker_that_mines_on_junk_under_its_lease_is_convicted_for_it_and_gets_no_bonus()
    {
        using LaneScene scene = new();
        scene.StartJob();
        scene.KeepToSchedule();
        Lease lease = scene.Lease;

        // The shapes and the right times, but operands of no training: nothing on the chain shows the difference.
        scene.RunUnit(new JunkMiner(scene.Backend));
        scene.Commit(scene.HonestRecord(lease));
        scene.Mine();
        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(scene.State, lease.Id);
        Assert.That(wins, Has.Count.EqualTo(3), "the work was real");
        scene.Audit(lease);
        Vest(scene);
        Conviction conviction = JobLedger.Convictions(scene.State, lease.JobId).Single();
        Assert.Multiple(() =>
        {
            Assert.That((conviction.Offender, conviction.Offence), Is.EqualTo((scene.Worker.Address, Offence.FalseRecord)));
            Assert.That(conviction.Slashed, Is.GreaterThan(Amount.Zero));
            Assert.That(WorkLedger.FindLease(scene.State, lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
            Assert.That(MintedBonuses(scene), Is.EqualTo(Amount.Zero));
            Assert.That(StakeLedger.Get(scene.State, scene.Worker.Address).BannedUntil, Is.GreaterThan(scene.Chain.Head.Height));
        });
    }

    [Test]
    public void A_worker_that_stops_after_its_win_keeps_the_base_share_and_gets_no_bonus()
    {
        using LaneScene scene = new();
        scene.StartJob();
        scene.KeepToSchedule();
        Lease lease = scene.Lease;
        scene.RunUnit();
        while (scene.Chain.Head.Height <= lease.ExpiryHeight + scene.Parameters.BonusVestingBlocks + 1)
        {
            scene.Mine();
        }

        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(scene.State, lease.Id);
        Amount fees = scene.State.GetAccount(scene.Worker.Address).Balance - (SubsidySplit.BaseShare(scene.Parameters) * scene.Chain.Head.Height);
        Assert.Multiple(() =>
        {
            Assert.That(wins, Has.Count.EqualTo(3));
            Assert.That(wins.Select(win => win.Bonus), Is.All.GreaterThan(Amount.Zero));
            Assert.That(fees, Is.LessThan(wins[0].Bonus), "base shares and tips only");
            Assert.That(MintedBonuses(scene), Is.EqualTo(Amount.Zero));
            Assert.That(WorkLedger.FindLease(scene.State, lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Void));
        });
    }

    [Test]
    public void Before_the_lease_is_deep_enough_products_draw_unbound_tickets()
    {
        using LaneScene scene = new();
        scene.GrantLease();
        scene.KeepToSchedule();
        scene.RunUnit();
        Assert.That(scene.Backend.TicketsDrawn, Is.GreaterThan(0));
        Assert.That(scene.Blocks.Take(3).Select(block => block.Header.Claim), Is.All.Null);
    }

    [Test]
    public void Slow_blocks_lose_no_operation()
    {
        using LaneScene scene = new();

        // Ten block times apart. Two block times after the grant, all operations would be over before the lease is deep.
        scene.StartJob(betweenBlocksMs: 10 * LaneScene.BlockMs);
        Lease lease = scene.Lease;
        Assert.That(scene.DueMs(0, 0), Is.EqualTo(scene.Chain.Head.Header.TimestampMs + WorkSchedule.LeadOf(scene.Parameters) + 1));
        int before = scene.Blocks.Count;

        // The clock does not wait for the first operation: the lead lets its block be dated ahead as soon as time passes at all.
        scene.Clock.NowMs++;
        scene.Source.BeforeOperation = claim =>
        {
            if (claim is not { Step: 0, Operation: 0 })
            {
                scene.Clock.NowMs = Math.Max(scene.Clock.NowMs, scene.DueMs(claim.Step, claim.Operation));
            }
        };
        scene.RunUnit();
        Assert.That(scene.Blocks.Skip(before).Take(3).Select(block => block.Header.Claim), Is.EqualTo(
            new[] { Claim(scene, lease, 0, 0), Claim(scene, lease, 0, 1), Claim(scene, lease, 1, 0) }), "from the first operation on");
    }

    [Test]
    public void A_worker_that_is_too_early_or_too_late_draws_unbound_tickets()
    {
        using LaneScene early = new();
        early.StartJob();
        early.Clock.NowMs = early.DueMs(0, 0) - WorkSchedule.LeadOf(early.Parameters) - 1;
        early.RunUnit();
        Assert.That(early.Backend.BoundTicketsDrawn, Is.Zero);

        using LaneScene late = new();
        late.StartJob();
        late.Clock.NowMs = late.DueMs(1, 1) + 1;
        late.Mine(0);
        late.RunUnit();
        Assert.That(late.Backend.BoundTicketsDrawn, Is.Zero);
        Assert.That(late.Backend.TicketsDrawn, Is.GreaterThan(0));
    }

    [Test]
    public void An_operation_may_be_claimed_a_lead_before_its_time_in_a_block_that_is_dated_ahead()
    {
        using LaneScene scene = new();
        scene.StartJob();
        ulong due = scene.DueMs(0, 0);
        scene.Clock.NowMs = due - WorkSchedule.LeadOf(scene.Parameters);
        int before = scene.Blocks.Count;
        scene.RunUnit();
        Assert.That(scene.Blocks[before].Header.Claim, Is.EqualTo(Claim(scene, scene.Lease, 0, 0)));
        Assert.That(scene.Blocks[before].Header.TimestampMs, Is.EqualTo(due));
    }

    [Test]
    public void While_transactions_wait_a_bound_block_is_followed_by_one_that_takes_them()
    {
        using LaneScene scene = new();
        scene.StartJob();
        Lease lease = scene.Lease;
        int before = scene.Blocks.Count;
        scene.Source.BeforeOperation = claim =>
        {
            scene.Clock.NowMs = Math.Max(scene.Clock.NowMs, scene.DueMs(claim.Step, claim.Operation));
            if (claim is { Step: 0, Operation: 0 })
            {
                scene.SendTransfer();
            }
        };
        scene.RunUnit();
        List<Block> won = [.. scene.Blocks.Skip(before)];
        Assert.That(won[0].Header.Claim, Is.EqualTo(Claim(scene, lease, 0, 0)));
        Assert.That(won[1].Header.Claim, Is.Null);
        Assert.That(won[1].Transactions, Has.Count.EqualTo(1));
        Assert.That(won[2].Header.Claim, Is.EqualTo(Claim(scene, lease, 1, 0)), "nothing waits any more");
    }

    [Test]
    public void Tickets_of_both_forms_on_one_parent_make_one_block()
    {
        using LaneScene scene = new();
        scene.StartJob();
        Assert.That(scene.Lease.Unit, Is.Zero);
        List<(WorkTemplate Template, WorkCertificate Certificate)> found = [];
        CapturingSink sink = new(found);
        scene.Clock.NowMs = scene.DueMs(0, 0);
        using CommonsMiner commons = new(scene.Parameters.Commons, scene.Producer, sink);
        while (found.Count == 0)
        {
            commons.RunOnce();
        }

        using TileWorkBackend backend = new(new PoUW.Compute.Backends.CpuBackend(), scene.Source, sink);
        scene.RunUnit(backend);
        Assert.That(found.Select(ticket => ticket.Template.IsBound).Distinct().Count(), Is.EqualTo(2), "both forms on the same head");
        int before = scene.Blocks.Count;
        WorkTemplate bound = found.First(ticket => ticket.Template.IsBound).Template;
        foreach ((WorkTemplate template, WorkCertificate certificate) in found.Where(ticket => ReferenceEquals(ticket.Template, bound)).Concat(found))
        {
            scene.Producer.Submit(template, certificate);
        }

        Assert.That(scene.Blocks.Skip(before).Select(block => block.Header.Claim), Is.EqualTo(new[] { Claim(scene, scene.Lease, 0, 0) }));
    }

    [Test]
    public void A_win_while_the_clock_is_set_back_does_not_stop_the_producer()
    {
        using LaneScene scene = new();
        scene.StartJob();
        ulong begin = scene.DueMs(0, 0) - WorkSchedule.LeadOf(scene.Parameters);
        scene.Clock.NowMs = begin;
        List<(WorkTemplate Template, WorkCertificate Certificate)> found = [];
        using TileWorkBackend backend = new(new PoUW.Compute.Backends.CpuBackend(), scene.Source, new CapturingSink(found));
        scene.RunUnit(backend);
        (WorkTemplate template, WorkCertificate certificate) = found.First(ticket => ticket.Template.IsBound);
        int before = scene.Blocks.Count;
        scene.Clock.NowMs = begin - 1;
        scene.Producer.Submit(template, certificate);
        Assert.That(scene.Blocks, Has.Count.EqualTo(before), "too far ahead of the clock now");
        scene.Clock.NowMs = begin;
        scene.Producer.Submit(template, certificate);
        Assert.That(scene.Blocks.Skip(before).Select(block => block.Header.Claim), Is.EqualTo(new[] { Claim(scene, scene.Lease, 0, 0) }));
    }

    private static BoundClaim Claim(LaneScene scene, Lease lease, ulong step, uint operation) =>
        new(scene.Manifest.JobId, lease.Unit, lease.Attempt, step, operation);

    private static void Vest(LaneScene scene)
    {
        for (ulong i = 0; i <= scene.Parameters.BonusVestingBlocks; i++)
        {
            scene.Mine();
        }
    }

    // Everything ever minted but the genesis coins and the base shares.
    private static Amount MintedBonuses(LaneScene scene) =>
        scene.State.Minted - Amount.FromCoins(10_251) - (SubsidySplit.BaseShare(scene.Parameters) * scene.Chain.Head.Height);

    private sealed class CapturingSink(List<(WorkTemplate Template, WorkCertificate Certificate)> found) : ITicketSink
    {
        public void Submit(WorkTemplate template, WorkCertificate certificate) => found.Add((template, certificate));
    }
}
