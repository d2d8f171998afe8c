using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Economics.Jobs;
using PoUW.Training.Ledger;

namespace PoUW.Training.Execution;

/// <summary>
/// Rebuilds the state that the units of a job's current round start from: the program's initial state for round 0, otherwise the mean of
/// the previous round's end states in unit order. The last result is kept under the digest of its inputs, so that several units of one
/// round cost one mean and a reorganisation cannot leave a stale one. States of rounds that nobody needs any more are forgotten. Not
/// thread-safe.
/// </summary>
public sealed class RoundStart(JobManifest manifest, IUnitExecutor executor, JobLoader loader)
{
    /// <summary>Rounds whose states are kept for workers that are behind.</summary>
    public const ulong RetainedRounds = 2;

    // A worker may have missed rounds, and a restarted one does not know what it dropped: it looks back this far, not to the first round.
    private const ulong MaxRoundsToForget = 64;

    private Hash256 _inputs;
    private ModelState? _state;
    private ulong? _firstKept;

    /// <summary>The start state of the job's current round.</summary>
    /// <exception cref="TrainingException">A state cannot be fetched or does not match its record.</exception>
    public async Task<ModelState> GetAsync(LedgerView view, JobState job, CancellationToken cancellation)
    {
        if (_state is not null && _inputs == job.InputsDigest)
        {
            return _state;
        }

        ModelState state = job.Round == 0
            ? executor.InitialState(cancellation)
            : await loader.LoadMeanAsync(
                manifest, JobLedger.Round(view.State, manifest, job.Round - 1), cancellation, executor.StateBytes,
                manifest.IsTolerance ? executor.InitialState(cancellation) : null);
        (_inputs, _state) = (job.InputsDigest, state);
        ForgetBefore(view, job, job.Round > RetainedRounds ? job.Round - RetainedRounds : 0);
        return state;
    }

    // A worker without a lease in a round does not come here, so the rounds to forget may be several.
    private void ForgetBefore(LedgerView view, JobState job, ulong firstKept)
    {
        ulong begin = Math.Min(_firstKept ?? (firstKept - Math.Min(firstKept, MaxRoundsToForget)), firstKept);
        if (begin < firstKept)
        {
            // A record may name any blob, another round's or the data's, and equal states are one blob.
            List<Hash256> keep = [manifest.ProgramHash, manifest.DatasetBlob];
            for (ulong round = firstKept; round <= job.Round; round++)
            {
                keep.AddRange(BlobsOf(view, round));
            }

            List<Hash256> old = [];
            for (ulong round = begin; round < firstKept; round++)
            {
                old.AddRange(BlobsOf(view, round));
            }

            loader.Forget(old, keep);
        }

        _firstKept = firstKept;
    }

    private IEnumerable<Hash256> BlobsOf(LedgerView view, ulong round) =>
        JobLedger.Round(view.State, manifest, round).Where(unit => unit.Record is not null).Select(unit => unit.Record!.StateBlob);
}
