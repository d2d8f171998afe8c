using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Tests.Economics;

/// <summary>A client closes its job: what is under way still counts, but silent auditors keep the escrow for so long only.</summary>
[TestFixture]
public sealed class JobClosingTests
{
    /// <summary>A lease and four audits of 3 + 3 blocks after the close, not after the deadline in a thousand blocks.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Silent_auditors_keep_the_escrow_of_a_closed_job_for_a_lease_and_four_audits(bool isTolerance)
    {
        ToleranceScene scene = Scene(isTolerance, deadline: 1_000);
        scene.CommitAndDraw();
        ulong closed = scene.Ledger.Height;
        Close(scene);
        scene.Ledger.Restart();
        while (scene.State.IsOpen && scene.Ledger.Height < 200)
        {
            scene.Ledger.EndBlock();
        }

        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Cancelled));
        Assert.That(scene.Ledger.Height - 1, Is.EqualTo(closed + 3 + 24));
        Assert.That(scene.State.Refunded, Is.EqualTo(scene.Manifest.TotalPrice));
        scene.AssertMoney(3);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Closing_past_the_deadline_prolongs_nothing(bool isTolerance)
    {
        ToleranceScene scene = Scene(isTolerance, deadline: 3);
        scene.CommitAndDraw();
        scene.Ledger.EndBlock(6);
        Assert.That(scene.Ledger.Height, Is.GreaterThan(scene.State.DeadlineHeight));
        Close(scene);
        ulong last = scene.State.DeadlineHeight + 3 + 24;
        scene.Ledger.EndBlock(last - scene.Ledger.Height);
        Assert.That(scene.State.IsOpen, Is.True);
        scene.Ledger.EndBlock();
        Assert.That(scene.State.Status, Is.EqualTo(JobStatus.Cancelled));
        scene.AssertMoney(3);
    }

    [Test]
    public void Votes_after_the_close_still_pay()
    {
        ToleranceScene scene = Scene(isTolerance: true, deadline: 1_000);
        scene.CommitAndDraw();
        Close(scene);
        scene.Vote(0, ToleranceVote.Within, ToleranceVote.Within, ToleranceVote.Within);
        Assert.That(scene.State.Paid, Is.EqualTo(Amount.FromBaseUnits(570 + (3 * 7))));
        Assert.That(scene.State.IsOpen, Is.False);
        scene.AssertMoney(3);
    }

    [Test]
    public void A_job_that_was_not_closed_has_the_bytes_of_before()
    {
        ToleranceScene scene = Scene(isTolerance: true, deadline: 1_000);
        Assert.That(scene.State.ClosingHeight, Is.Zero);
        Assert.That(Stored(scene), Is.EqualTo(Encode(scene.State, [])));
        ulong height = scene.Ledger.Height;
        Close(scene);
        Assert.That(scene.State.ClosingHeight, Is.EqualTo(height));
        Assert.That(Stored(scene), Is.EqualTo(Encode(scene.State, [height])));
    }

    [TestCase(new ulong[] { 0 }, TestName = "A height of zero is left out")]
    [TestCase(new ulong[] { 5, 5 }, TestName = "Nothing follows the height")]
    public void Other_encodings_of_a_job_are_refused(ulong[] trailing)
    {
        ToleranceScene scene = Scene(isTolerance: true, deadline: 1_000);
        scene.Ledger.Writer.SetRecord(KeyOf(scene), Encode(scene.State, trailing));
        Assert.That(() => scene.State, Throws.TypeOf<EconomicsException>());
    }

    private static ToleranceScene Scene(bool isTolerance, ulong deadline)
    {
        JobManifest manifest = isTolerance ? LedgerHarness.ToleranceManifest() : LedgerHarness.Manifest(4, 4, 1, auditRate: 10_000);
        return new ToleranceScene(2, 3, manifest with { DeadlineBlocks = deadline });
    }

    private static void Close(ToleranceScene scene) => Assert.That(
        scene.Ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(scene.Job).Encode()).Code, Is.EqualTo(ValidationCode.Ok));

    private static StateKey KeyOf(ToleranceScene scene) => StateKey.Create("jobs", "job", scene.Job.ToArray());

    private static byte[] Stored(ToleranceScene scene) => scene.Ledger.State.GetRecord(KeyOf(scene))!;

    /// <summary>The fifteen fields of before, and what follows them.</summary>
    private static byte[] Encode(JobState job, ulong[] trailing)
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(job.Manifest.Encode()).Write((ulong)job.Status).Write(job.SubmittedHeight).Write(job.Round).Write(job.RoundLeased ? 1UL : 0UL)
            .Write(job.AcceptedInRound).Write(job.InputsDigest).Write(job.Escrow).Write(job.Paid).Write(job.Burned).Write(job.Refunded)
            .Write(job.Audits).Write(job.Convictions).Write(job.WakeHeight).Write(job.LeaseBurned);
        foreach (ulong field in trailing)
        {
            writer.Write(field);
        }

        return writer.EndList().Finish();
    }
}
