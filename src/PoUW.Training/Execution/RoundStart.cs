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
public sealed class RoundStart(JobManifest manifest, UnitExecutor executor, JobLoader loader)
{
    /// <summary>Rounds whose states are kept for workers that are behind.</summary>
    public const ulong RetainedRounds = 2;

    // A worker may have missed rounds, and a restarted one does not know what it dropped: it looks back this far, not to the first round.
    private const ulong MaxRoundsToForget = 64;

    private ulong _forgotten;
    private Hash256 _inputs;
    private ModelState? _state;

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
            : await loader.LoadMeanAsync(JobLedger.Round(view.State, manifest, job.Round - 1), cancellation);
        (_inputs, _state) = (job.InputsDigest, state);
        ForgetBefore(view, job.Round - Math.Min(job.Round, RetainedRounds));
        return state;
    }

    private void ForgetBefore(LedgerView view, ulong end)
    {
        ulong first = Math.Max(_forgotten, end - Math.Min(end, MaxRoundsToForget));
        for (ulong round = first; round < end; round++)
        {
            foreach (UnitState unit in JobLedger.Round(view.State, manifest, round))
            {
                loader.Forget(unit.Record!.StateBlob);
            }
        }

        _forgotten = Math.Max(_forgotten, end);
    }
}
