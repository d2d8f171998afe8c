using System.Runtime.CompilerServices;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;

namespace PoUW.Training.Clients;

/// <summary>
/// Follows one job on chain and rebuilds its model. Needs no trust in anyone but the own node: progress comes from its state, model
/// states are checked against the records. Thread-safe.
/// </summary>
/// <param name="manifest">The job.</param>
/// <param name="ledger">The own node's ledger.</param>
/// <param name="loader">Fetches states.</param>
/// <param name="initial">The state before the first step, where it is known: a record cannot make the client load more. In lane T it is needed for the model.</param>
public sealed class JobFollower(JobManifest manifest, ILedgerAccess ledger, JobLoader loader, ModelState? initial = null)
{
    private readonly Hash256 _jobId = manifest.JobId;

    /// <summary>The job as the head state shows it now.</summary>
    public JobProgress Current => Describe(ledger.View);

    /// <summary>One progress a change of the head, the last one when the job has ended.</summary>
    public async IAsyncEnumerable<JobProgress> FollowAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            LedgerView view = ledger.View;
            JobProgress progress = Describe(view);
            yield return progress;
            if (progress.IsEnded)
            {
                yield break;
            }

            await ledger.WaitForChangeAsync(view.Version, cancellation);
        }
    }

    /// <summary>Waits until the job has ended.</summary>
    public async Task<JobProgress> WaitForEndAsync(CancellationToken cancellation)
    {
        while (true)
        {
            LedgerView view = ledger.View;
            JobProgress progress = Describe(view);
            if (progress.IsEnded)
            {
                return progress;
            }

            await ledger.WaitForChangeAsync(view.Version, cancellation);
        }
    }

    /// <summary>The state after the last complete round: the mean of that round's end states.</summary>
    /// <exception cref="TrainingException">No round is complete, or a state cannot be fetched or does not match its record.</exception>
    public async Task<ModelState> LoadModelAsync(CancellationToken cancellation)
    {
        LedgerView view = ledger.View;
        JobState job = JobLedger.GetJob(view.State, _jobId) ?? throw new TrainingException($"Job {_jobId} is not on chain.");
        if (job.Round == 0)
        {
            throw new TrainingException("No round of the job is complete, so there is no model yet.");
        }

        return await loader.LoadMeanAsync(manifest, JobLedger.Round(view.State, manifest, job.Round - 1), cancellation, initial?.Encoded.Length ?? long.MaxValue, initial);
    }

    private JobProgress Describe(LedgerView view)
    {
        JobState? job = JobLedger.GetJob(view.State, _jobId);
        if (job is null)
        {
            return new JobProgress(null, 0, manifest.TotalSteps, null, 0, 0, [], view.Height, view.FinalizedHeight);
        }

        IReadOnlyList<UnitState> current = JobLedger.CurrentRound(view.State, job);
        ulong done = StepsBefore(job.Round);
        foreach (UnitState unit in current.Where(unit => unit.Record is not null))
        {
            done += manifest.StepsInUnit(unit.Lease.Unit);
        }

        IEnumerable<Lease> working = current.Where(unit => unit.Record is null && unit.Lease.Worker != Address.Zero).Select(unit => unit.Lease);
        (ulong? loss, ulong correct, ulong samples) = LastRound(view, job);
        return new JobProgress(job, done, manifest.TotalSteps, loss, correct, samples, [.. working], view.Height, view.FinalizedHeight);
    }

    private ulong StepsBefore(ulong round) => Math.Min(manifest.TotalSteps, round * manifest.UnitsPerRound * manifest.StepsPerUnit);

    private static ulong Saturate(UInt128 value) => value > ulong.MaxValue ? ulong.MaxValue : (ulong)value;

    private (ulong? Loss, ulong Correct, ulong Samples) LastRound(LedgerView view, JobState job)
    {
        // The numbers are claims of workers: 256 of them may add up to more than 64 bits.
        (UInt128 loss, UInt128 correct, UInt128 samples) = (0, 0, 0);
        if (job.Round == 0)
        {
            return (null, 0, 0);
        }

        foreach (UnitState unit in JobLedger.Round(view.State, manifest, job.Round - 1))
        {
            loss += unit.Record!.LossSum;
            correct += unit.Record.Correct;
            samples += unit.Record.Samples;
        }

        return samples == 0 ? (null, 0, 0) : (Saturate(loss / samples), Saturate(correct), Saturate(samples));
    }
}
