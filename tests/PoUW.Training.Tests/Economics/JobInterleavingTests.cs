using FsCheck;
using FsCheck.Fluent;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class JobInterleavingTests
{
    private const int Workers = 3;

    /// <summary>Whatever order commits, silence, closing and blocks come in, escrow closes exactly once and no coin appears or vanishes.</summary>
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public Property Escrow_closes_exactly_once() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), actions => Run(actions));

    private static bool Run(byte[] actions)
    {
        LedgerHarness ledger = new();
        ledger.RegisterWorkers(Workers);
        JobManifest manifest = LedgerHarness.Manifest(steps: 12, perUnit: 1, perRound: 3) with { DeadlineBlocks = 40 };
        Hash256 job = ledger.Submit(manifest, manifest.TotalPrice + Amount.FromBaseUnits(13));
        int closings = 0;
        foreach (byte action in actions.Concat(Enumerable.Repeat((byte)0, 45)))
        {
            Step(ledger, job, action);
            JobState state = ledger.Job(job);
            closings += state.IsOpen ? 0 : 1;
            ledger.AssertConservation(Workers, job);
            Amount held = ledger.Balance(JobLedger.EscrowAccount(job));
            Assert.That(state.Paid + state.Burned + state.Refunded + held, Is.EqualTo(state.Escrow));
        }

        return closings > 0 && ledger.Balance(JobLedger.EscrowAccount(job)) == Amount.Zero;
    }

    private static void Step(LedgerHarness ledger, Hash256 job, byte action)
    {
        IReadOnlyList<Lease> open = ledger.OpenLeases(job);
        switch (action % 8)
        {
            case 0 or 1 or 2:
                ledger.EndBlock();
                break;
            case 7 when action > 240:
                ledger.Execute(LedgerHarness.Client, TransactionKind.CloseJob, new CloseJobPayload(job).Encode());
                break;
            default:
                if (open.Count > 0)
                {
                    ledger.Commit(open[action % open.Count]);
                }

                break;
        }
    }
}
