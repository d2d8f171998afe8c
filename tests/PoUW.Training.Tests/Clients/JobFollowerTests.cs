using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training.Clients;
using PoUW.Training.Tests.Economics;
using PoUW.Training.Tests.Ledger;

namespace PoUW.Training.Tests.Clients;

[TestFixture]
public sealed class JobFollowerTests
{
    /// <summary>The ledger takes any loss and any count of samples up to a bound: only a replay shows that they are wrong.</summary>
    [Test]
    public void Absurd_claims_of_workers_do_not_stop_the_client()
    {
        LedgerHarness harness = new(workers: 2);
        JobManifest manifest = LedgerHarness.Manifest();
        Hash256 jobId = harness.Submit(manifest);
        harness.EndBlock();
        foreach (Lease lease in harness.OpenLeases(jobId))
        {
            UnitRecord claim = harness.RecordFor(lease) with { LossSum = UnitRecord.MaxSum, Correct = UnitRecord.MaxSum, Samples = UnitRecord.MaxSum };
            Assert.That(harness.Commit(lease, claim).Code, Is.EqualTo(ValidationCode.Ok));
        }

        harness.EndBlock(2);
        JobProgress progress = new JobFollower(manifest, new HarnessLedger(harness), null!).Current;
        Assert.That((progress.RoundLoss, progress.RoundCorrect, progress.RoundSamples), Is.EqualTo(((ulong?)1, 2 * UnitRecord.MaxSum, 2 * UnitRecord.MaxSum)));
    }
}
