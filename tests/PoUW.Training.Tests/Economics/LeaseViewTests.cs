using PoUW.Core.Blocks;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

/// <summary>Every check of a claim, on the state of real blocks.</summary>
[TestFixture]
public sealed class LeaseViewTests
{
    private LedgerHarness _ledger = null!;
    private Hash256 _job;
    private Lease _lease = null!;
    private WorkLease _work = null!;
    private ulong _grantMs;

    /// <summary>A lease of two steps with two products each, three blocks old. The unit before it was accepted.</summary>
    [SetUp]
    public void LeaseTheSecondUnit()
    {
        _ledger = new LedgerHarness(workers: 2, change: parameters => parameters with { LeaseBlocks = 12 });
        JobManifest manifest = LedgerHarness.WorkManifest(steps: 6, perUnit: 2);
        _job = _ledger.Submit(manifest, manifest.TotalPrice + Amount.FromCoins(10));
        _ledger.EndBlock();
        _ledger.Commit(_ledger.OpenLeases(_job)[0]);
        _ledger.EndBlock(2);
        _lease = _ledger.OpenLeases(_job).Single();
        Assert.That(_lease.Unit, Is.EqualTo(1));
        _grantMs = _ledger.TimeMs - 1_000;
        for (ulong block = 1; block <= 2; block++)
        {
            _ledger.TimeMs = _grantMs + (600 * block);
            _ledger.EndBlock();
        }

        _work = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
    }

    [Test]
    public void An_operation_that_is_due_may_be_claimed()
    {
        Assert.That(Check(Header(0)).ToString(), Is.EqualTo("Ok"));
        _ledger.EndBlock();
        Assert.That(Check(Header(2)).ToString(), Is.EqualTo("Ok"), "the first product of the unit's second step, a block later");
    }

    [Test]
    public void The_schedule_starts_a_lead_after_the_second_block_after_the_grant_and_has_the_plans_speed()
    {
        Assert.Multiple(() =>
        {
            Assert.That(_work.Schedule.StartMs, Is.EqualTo(_grantMs + 1_200 + 250));
            Assert.That(_work.Schedule.MacsPerSecond, Is.EqualTo(LedgerHarness.Plan.MacsPerSecond));
            Assert.That(_work.Schedule.LeadMs, Is.EqualTo(250), "a quarter block");
            Assert.That(_work.Macs, Is.EqualTo(2 * LedgerHarness.Plan.MacsPerStep));
            Assert.That((_work.FirstStep, _work.Steps, _work.Attempt), Is.EqualTo((2UL, 2UL, 0UL)));
            Assert.That((_work.Lane, _work.Status), Is.EqualTo((WorkLane.Paid, WorkLeaseStatus.Open)));
            Assert.That((_work.Worker, _work.GrantedHeight, _work.ExpiryHeight), Is.EqualTo((_lease.Worker, _lease.StartHeight, _lease.ExpiryHeight)));
        });
    }

    [Test]
    public void A_header_without_a_claim_is_no_bound_block() =>
        Refuses(ValidationCode.BadBinding, Header(0) with { Claim = null });

    [Test]
    public void A_lease_that_does_not_exist_cannot_be_claimed()
    {
        BlockHeader header = Header(0);
        Refuses(ValidationCode.LeaseNotActivated, header with { Claim = header.Claim! with { JobId = Hash256.Zero } });
        Refuses(ValidationCode.LeaseNotActivated, header with { Claim = header.Claim! with { Unit = 2 } });
        Refuses(ValidationCode.LeaseNotActivated, header with { Claim = header.Claim! with { Attempt = 1 } });
    }

    [Test]
    public void A_lease_that_burned_nothing_cannot_be_claimed()
    {
        JobManifest poor = LedgerHarness.WorkManifest() with { Seed = 99 };
        Hash256 job = _ledger.Submit(poor);
        _ledger.EndBlock(4);
        Lease lease = _ledger.OpenLeases(job).Single();
        BlockHeader header = Header(0);
        Refuses(ValidationCode.LeaseNotActivated, header with { Producer = lease.Worker, Claim = new BoundClaim(job, 0, 0, 0, 0) });
    }

    [Test]
    public void Only_the_holder_of_the_lease_claims()
    {
        Address other = new[] { LedgerHarness.Worker(0), LedgerHarness.Worker(1) }.Single(worker => worker != _lease.Worker);
        Refuses(ValidationCode.NotLeaseHolder, Header(0) with { Producer = other });
        Refuses(ValidationCode.NotLeaseHolder, Header(0) with { Producer = LedgerHarness.Client });
    }

    [Test]
    public void A_committed_unit_is_not_claimed_any_more()
    {
        _ledger.Commit(_lease);
        _ledger.EndBlock();
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Committed));
        Refuses(ValidationCode.LeaseOver, Header(0));
        _ledger.EndBlock();
        Assert.That(WorkLedger.FindLease(_ledger.State, _lease.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Accepted));
        Refuses(ValidationCode.LeaseOver, Header(0));
    }

    [Test]
    public void The_last_block_of_a_lease_may_claim_and_the_next_may_not()
    {
        while (_ledger.Height < _lease.ExpiryHeight)
        {
            _ledger.EndBlock();
        }

        // The schedule is over long before; any code but that of the lease says that the lease is in force.
        Refuses(ValidationCode.NotScheduled, Header(0));
        _ledger.EndBlock();
        Refuses(ValidationCode.LeaseOver, Header(0));
        Lease again = _ledger.OpenLeases(_job).Single();
        Assert.That(again.Attempt, Is.EqualTo(1));
        Assert.That(WorkLedger.FindLease(_ledger.State, again.Id)!.Status, Is.EqualTo(WorkLeaseStatus.Open));
    }

    [Test]
    public void A_lease_is_claimed_from_the_third_block_after_its_grant()
    {
        Lease young = _lease;
        Assert.That(_ledger.Height - 1 - young.StartHeight, Is.EqualTo(LeaseView.MinDepth), "this is the youngest parent that will do");
        Assert.That(Check(Header(0)).ToString(), Is.EqualTo("Ok"));
        Refuses(ValidationCode.LeaseTooYoung, Header(0), Parent() with { Height = young.StartHeight + 1 });
        Refuses(ValidationCode.LeaseTooYoung, Header(0), Parent() with { Height = young.StartHeight });
        Refuses(ValidationCode.LeaseTooYoung, Header(0), Parent() with { Height = 0 });
    }

    [Test]
    public void Steps_of_other_units_and_operations_beyond_the_plan_are_refused()
    {
        BlockHeader header = Header(0);
        ulong[] steps = [0, 1, 4, ulong.MaxValue];
        foreach (ulong step in steps)
        {
            Refuses(ValidationCode.UnknownOperation, header with { Claim = header.Claim! with { Step = step } });
        }

        Refuses(ValidationCode.UnknownOperation, header with { Claim = header.Claim! with { Operation = 2 } });
        Refuses(ValidationCode.UnknownOperation, header with { Claim = header.Claim! with { Operation = uint.MaxValue } });
    }

    [Test]
    public void The_product_has_the_planned_shape()
    {
        TileWorkShape planned = LedgerHarness.Plan.Operations[0];
        TileWorkShape[] wrong =
        [
            planned with { M = 512 }, planned with { N = 288 }, planned with { K = 513 }, planned with { TransposeA = true },
            planned with { TransposeB = true }, LedgerHarness.Plan.Operations[1],
        ];
        foreach (TileWorkShape shape in wrong)
        {
            Assert.That(Check(Header(0), shape: shape).Code, Is.EqualTo(ValidationCode.WrongOperationShape));
        }
    }

    [Test]
    public void An_operation_is_due_in_its_time_only()
    {
        BlockHeader first = Header(0);
        Refuses(ValidationCode.NotScheduled, first with { TimestampMs = _work.Schedule.StartMs });
        Assert.That(Check(first with { TimestampMs = _work.Schedule.StartMs + 1 }).ToString(), Is.EqualTo("Ok"));
        Refuses(ValidationCode.NotScheduled, Header(2) with { TimestampMs = first.TimestampMs }, why: "too early");

        // An ancestor within the lead of the operation's time: it could be drawn on the block before that ancestor.
        _ledger.TimeMs = _work.Schedule.StartMs - 250;
        _ledger.EndBlock();
        Assert.That(Check(Header(0)).ToString(), Is.EqualTo("Ok"));
        _ledger.TimeMs = _work.Schedule.StartMs - 249;
        _ledger.EndBlock();
        Refuses(ValidationCode.NotScheduled, Header(0) with { TimestampMs = _work.Schedule.StartMs + 1 }, why: "too late");
    }

    [Test]
    public void The_latest_time_is_that_of_any_ancestor()
    {
        ulong before = WorkLedger.LatestTime(_ledger.State);
        _ledger.TimeMs += 5_000;
        ulong ahead = _ledger.TimeMs;
        _ledger.EndBlock();
        _ledger.TimeMs = before + 1;
        _ledger.EndBlock();
        Assert.That(WorkLedger.LatestTime(_ledger.State), Is.EqualTo(ahead), "a later block with an earlier time takes nothing back");
        Refuses(ValidationCode.NotScheduled, Header(0));
    }

    [Test]
    public void An_operation_that_won_is_refused_in_the_child_and_ever_after()
    {
        BlockHeader won = Header(0);
        Assert.That(Check(won).ToString(), Is.EqualTo("Ok"));
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, won.Claim!.Step, won.Claim.Operation));
        Refuses(ValidationCode.AlreadyCredited, Header(0), Parent() with { Claim = won.Claim }, "the state does not know it yet");
        Assert.That(WorkLedger.IsCredited(_ledger.State, won.Claim.Nullifier), Is.False);
        _ledger.EndBlock();
        Assert.That(WorkLedger.IsCredited(_ledger.State, won.Claim.Nullifier), Is.True);
        Refuses(ValidationCode.AlreadyCredited, Header(0));
    }

    [Test]
    public void A_later_lease_of_the_unit_cannot_claim_what_an_earlier_one_won()
    {
        _ledger.EndBlockWonBy(_ledger.WinOf(_lease, 2, 0));
        while (_ledger.Height <= _lease.ExpiryHeight)
        {
            _ledger.EndBlock();
        }

        _lease = _ledger.OpenLeases(_job).Single();
        _ledger.EndBlock(2);
        _work = WorkLedger.FindLease(_ledger.State, _lease.Id)!;
        Assert.That(_work.Attempt, Is.EqualTo(1));
        Refuses(ValidationCode.AlreadyCredited, Header(0), why: "a replayed step trains nothing new");
        Assert.That(Check(Header(1)).ToString(), Is.EqualTo("Ok"), "but the next operation has not won");
    }

    [Test]
    public void At_most_three_blocks_in_a_row_are_bound()
    {
        BoundWork Win(int number) => _ledger.WinOf(_lease, 3, 1, operands: Hash256.Sha256([(byte)number]));

        BlockHeader bound = Parent() with { Claim = new BoundClaim(_job, 1, 0, 3, 1) };
        _ledger.EndBlockWonBy(Win(1));
        Assert.That(WorkLedger.BoundRun(_ledger.State), Is.Zero, "a block's own win is in the state of its children");
        Refuses(ValidationCode.NotScheduled, Header(0), bound, "one in a row");
        _ledger.EndBlockWonBy(Win(2));
        Assert.That(WorkLedger.BoundRun(_ledger.State), Is.EqualTo(1));
        Refuses(ValidationCode.NotScheduled, Header(0), bound, "two in a row");
        _ledger.EndBlockWonBy(Win(3));
        Refuses(ValidationCode.BoundRunTooLong, Header(0), bound);
        _ledger.EndBlock();
        Refuses(ValidationCode.NotScheduled, Header(0), why: "an unbound block ends the run");
        _ledger.EndBlock();
        Assert.That(WorkLedger.BoundRun(_ledger.State), Is.Zero);
    }

    [Test]
    public void A_network_may_allow_no_bound_blocks() =>
        Assert.That(
            new LeaseView(_ledger.Parameters with { MaxBoundRun = 0 }).CheckClaim(_ledger.State, Parent(), Header(0), ShapeOf(Header(0))).Code,
            Is.EqualTo(ValidationCode.BoundRunTooLong));

    [Test]
    public void Random_claims_never_throw()
    {
        Random random = new(20_261_123);
        ulong[] numbers = [0, 1, 2, 3, 4, 5, 100, long.MaxValue, ulong.MaxValue];
        ulong Any() => numbers[random.Next(numbers.Length)];
        int valid = 0;
        for (int i = 0; i < 5_000; i++)
        {
            BoundClaim claim = new(_job, random.Next(4) == 0 ? Any() : 1, random.Next(4) == 0 ? Any() : 0, Any(), (uint)(Any() & uint.MaxValue));
            BlockHeader header = Header(0) with
            {
                Claim = claim,
                Height = random.Next(2) == 0 ? Any() : _ledger.Height,
                TimestampMs = random.Next(3) == 0 ? Any() : _work.Schedule.StartMs + (ulong)random.Next(3_000),
            };
            BlockHeader parent = random.Next(3) == 0 ? Parent() with { Height = Any() } : Parent();
            valid += new LeaseView(_ledger.Parameters).CheckClaim(_ledger.State, parent, header, ShapeOf(header)).IsValid ? 1 : 0;
        }

        Assert.That(valid, Is.GreaterThan(0));
    }

    /// <summary>A header on the last block that claims the unit's n-th operation at the earliest time.</summary>
    private BlockHeader Header(ulong number)
    {
        BoundClaim claim = new(_job, _lease.Unit, _lease.Attempt, _work.FirstStep + (number / 2), (uint)(number % 2));
        ulong offset = LedgerHarness.Plan.OffsetOf(number / 2, claim.Operation);
        return Parent() with
        {
            Height = _ledger.Height,
            Producer = _lease.Worker,
            Claim = claim,
            TimestampMs = _work.Schedule.EarliestBlockMs(offset),
        };
    }

    private BlockHeader Parent() => new()
    {
        ChainId = _ledger.Parameters.ChainId,
        Height = _ledger.Height - 1,
        ParentHash = Hash256.Zero,
        TimestampMs = _ledger.TimeMs - 1_000,
        Bits = _ledger.Bits,
        Producer = LedgerHarness.Client,
        TransactionRoot = Hash256.Zero,
        StateRoot = Hash256.Zero,
        ReceiptsRoot = Hash256.Zero,
    };

    private static TileWorkShape ShapeOf(BlockHeader header) => LedgerHarness.Plan.Operations[(int)Math.Min(header.Claim?.Operation ?? 0, 1)];

    private ValidationResult Check(BlockHeader header, BlockHeader? parent = null, TileWorkShape? shape = null) =>
        new LeaseView(_ledger.Parameters).CheckClaim(_ledger.State, parent ?? Parent(), header, shape ?? ShapeOf(header));

    private void Refuses(ValidationCode code, BlockHeader header, BlockHeader? parent = null, string? why = null)
    {
        ValidationResult result = Check(header, parent);
        Assert.That(result.Code, Is.EqualTo(code), why ?? result.ToString());
        Assert.That(result.Field, Is.EqualTo(nameof(BlockHeader.Claim)));
        Assert.That(result.Message, Is.Not.Empty);
    }
}
