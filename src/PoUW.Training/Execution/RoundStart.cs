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
        ForgetOld(view, job);
        return state;
    }

    private void ForgetOld(LedgerView view, JobState job)
    {
        ulong end = job.Round - Math.Min(job.Round, RetainedRounds);
        ulong first = Math.Max(_forgotten, end - Math.Min(end, MaxRoundsToForget));
        _forgotten = Math.Max(_forgotten, end);
        if (first < end)
        {
            // States may share chunks, or be equal where training stands still: what later rounds name stays.
            IEnumerable<Hash256> needed = StatesOf(view, end, job.Round)
                .Concat(JobLedger.CurrentRound(view.State, job).Where(unit => unit.Record is not null).Select(unit => unit.Record!.StateBlob));
            loader.Forget(StatesOf(view, first, end), needed);
        }
    }

    private List<Hash256> StatesOf(LedgerView view, ulong firstRound, ulong endRound)
    {
        List<Hash256> blobs = [];
        for (ulong round = firstRound; round < endRound; round++)
        {
            blobs.AddRange(JobLedger.Round(view.State, manifest, round).Select(unit => unit.Record!.StateBlob));
        }

        return blobs;
    }
}
