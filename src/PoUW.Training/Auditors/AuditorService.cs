using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Economics.Jobs;
using PoUW.Training.Execution;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Vm.Backends;

namespace PoUW.Training.Auditors;

/// <summary>
/// The audit part of the validator role: replays every unit for which the ledger draws its account, compares it with the worker's record and
/// the operands of its bound tickets that won, checks that the named state can be fetched, and commits to a verdict that it opens later. A verdict is in the journal, with its salt,
/// before anything is sent, so a restart says the same again. One loop; one replay at a time on a thread of its own, while openings of
/// other units go on. A unit that cannot be replayed is reported to the observer, and the auditor does not vote on it; a replay that is not
/// done when the time for commitments is over is given up, since a program may never end.
/// </summary>
public sealed class AuditorService(
    AccountSender sender, ILedgerAccess ledger, JobLoader loader, JobJournal journal, ITensorBackend backend, IRandomSource random,
    ISpawner spawner, IAuditorObserver observer, AuditorOptions options)
{
    private const int MaxRemembered = 4096;

    // The height of the last try, under the hash of what was sent or under the draw that was replayed.
    private readonly Dictionary<Hash256, ulong> _tries = [];
    private readonly AuditReplay _replayer = new(loader, backend, spawner, options);
    private readonly AcceptedStates _accepted = new(loader, options.MaxHeldStates);
    private readonly StakeKeeper _stake = new(
        sender, ledger.Parameters, StakeRoles.Validator, options.Stake, ToleranceClasses.Of(options.Tolerance), options.ResendAfterBlocks,
        lacks: options.Stake is null ? observer.StakeTooLow : null);

    private Task<ReplayedUnit?>? _replay;
    private volatile AuditorStatus _status = new(false, 0, 0);

    /// <summary>What the auditor is doing now. Thread-safe.</summary>
    public AuditorStatus Status => _status;

    private Address Me => sender.Key.Address;

    /// <summary>Runs until cancelled. Called once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await DoNextAsync(stopping.Token);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancellation is how this loop ends.
        }
        finally
        {
            await stopping.CancelAsync();
            await EndAsync();
        }
    }

    private async Task DoNextAsync(CancellationToken cancellation)
    {
        LedgerView view = ledger.View;
        journal.Prune(view);
        if (_stake.Ensure(view) is { IsValid: false } refusal)
        {
            observer.Rejected("stake", refusal);
        }

        await CollectReplayAsync();
        await _accepted.SettleAsync(view.State);
        IReadOnlyList<UnitState> unjudged = SendDue(view);
        if (_replay is null && NextReplay(view, unjudged) is { } unit)
        {
            Remember(DrawIdentity.Of(unit), view.Height);
            _status = _status with { IsReplaying = true, Unit = unit.Lease.Unit };
            _replay = StartReplayAsync(view, unit, cancellation);
        }

        await WaitAsync(view, cancellation);
    }

    private async Task WaitAsync(LedgerView view, CancellationToken cancellation)
    {
        Task changed = ledger.WaitForChangeAsync(view.Version, cancellation);
        if (_replay is null)
        {
            await changed;
            return;
        }

        await Task.WhenAny(changed, _replay);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task CollectReplayAsync()
    {
        if (_replay is not { IsCompleted: true } ended)
        {
            return;
        }

        _replay = null;
        _status = _status with { IsReplaying = false };
        if (await ended is { } judged)
        {
            _accepted.Hold(judged);
            _status = _status with { UnitsJudged = _status.UnitsJudged + 1 };
        }
    }

    private async Task EndAsync()
    {
        try
        {
            await (_replay ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // The replay was cancelled together with the loop.
        }
        finally
        {
            _status = _status with { IsReplaying = false };
            await _replayer.DisposeAsync();
        }
    }

    /// <summary>Sends what is decided and due, and returns the units that still have to be judged.</summary>
    private List<UnitState> SendDue(LedgerView view)
    {
        List<UnitState> unjudged = [];
        foreach (UnitState unit in JobLedger.AuditsOf(view.State, Me).Where(unit => unit.PhaseDeadline > view.Height))
        {
            if (unit.Phase == UnitPhase.AuditReveal)
            {
                Reveal(view, unit);
            }
            else if (journal.FindVerdict(unit.Lease.JobId, unit.Lease.Unit, unit.Lease.Attempt, DrawIdentity.Of(unit)) is { } verdict)
            {
                AuditCommit commit = new(verdict.JobId, verdict.Unit, verdict.Attempt, unit.AuditDigest, verdict.CommitmentFor(Me));
                Send(view, TransactionKind.CommitAudit, commit.Encode(), $"commitment on unit {verdict.Unit}");
            }
            else
            {
                unjudged.Add(unit);
            }
        }

        return unjudged;
    }

    private void Reveal(LedgerView view, UnitState unit)
    {
        Lease lease = unit.Lease;
        Hash256 commitment = unit.Auditors.First(drawn => drawn.Auditor == Me).Commitment;
        AuditReveal? verdict = journal.VerdictsOn(lease.JobId, lease.Unit, lease.Attempt)
            .FirstOrDefault(known => known.CommitmentFor(Me) == commitment);
        if (verdict is not null)
        {
            Send(view, TransactionKind.RevealAudit, verdict.Encode(), $"verdict on unit {lease.Unit}");
        }
        else if (IsDue(commitment, view.Height))
        {
            Remember(commitment, view.Height);
            observer.Failed(lease, new TrainingException($"The verdict behind commitment {commitment} is not in the journal."));
        }
    }

    private void Send(LedgerView view, TransactionKind kind, byte[] payload, string what)
    {
        Hash256 key = Hash256.Sha256(payload);
        if (!IsDue(key, view.Height))
        {
            return;
        }

        Remember(key, view.Height);
        if (sender.Send(kind, payload) is { IsValid: false } refusal)
        {
            observer.Rejected(what, refusal);
        }
    }

    private UnitState? NextReplay(LedgerView view, IReadOnlyList<UnitState> unjudged) =>
        unjudged.Where(unit => IsDue(DrawIdentity.Of(unit), view.Height)).MinBy(static unit => unit.PhaseDeadline);

    // Apart from the loop from its first step on: even the initial state of a job may take for ever.
    private async Task<ReplayedUnit?> StartReplayAsync(LedgerView view, UnitState unit, CancellationToken cancellation)
    {
        ReplayedUnit? judged = null;
        await spawner.Spawn("pouw-audit", async () => judged = await ReplayAsync(view, unit, cancellation));
        return judged;
    }

    private async Task<ReplayedUnit?> ReplayAsync(LedgerView view, UnitState unit, CancellationToken cancellation)
    {
        UnitRecord claimed = unit.Record!;
        try
        {
            if (await ExamineInTimeAsync(view, unit, cancellation) is not { } opinion)
            {
                return null;
            }

            byte[] salt = new byte[Hash256.Size];
            random.Fill(salt);
            AuditReveal verdict = new(claimed.JobId, claimed.Unit, claimed.Attempt, opinion.Digest, opinion.Available, new Hash256(salt));
            journal.Add(DrawIdentity.Of(unit), verdict);
            observer.Judged(claimed, verdict);
            if (opinion.Leans)
            {
                observer.Leaned(unit.Lease);
            }

            return opinion.Served;
        }
        catch (TrainingException failure)
        {
            observer.Failed(unit.Lease, failure);
            return null;
        }
    }

    /// <summary>What a replay and a look at the claimed state give; null if a reorganisation undid the draw meanwhile, which is nobody's failure.</summary>
    private async Task<Opinion?> ExamineInTimeAsync(LedgerView view, UnitState unit, CancellationToken cancellation)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task watch = LedgerWatch.CancelWhenUnwantedAsync(ledger, head => IsOpen(head, unit), over);
        try
        {
            return await ExamineAsync(view, unit, over.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ledger.View.Height < unit.PhaseDeadline
                ? null
                : throw new TrainingException("The time for commitments was over before the replay was.");
        }
        finally
        {
            await over.CancelAsync();
            await watch;
        }
    }

    private static bool IsOpen(LedgerView view, UnitState unit) =>
        unit.PhaseDeadline > view.Height
        && JobLedger.GetUnit(view.State, unit.Lease.JobId, unit.Lease.Unit) is { Phase: UnitPhase.AuditCommit } now
        && DrawIdentity.Of(now) == DrawIdentity.Of(unit);

    private async Task<Opinion> ExamineAsync(LedgerView view, UnitState unit, CancellationToken cancellation)
    {
        Finding found = await _replayer.RunAsync(view, unit, cancellation);
        return found.Judge(await FetchClaimedAsync(unit, found.StateBytes, cancellation));
    }

    /// <summary>
    /// The state that the record names; null if it cannot be had. It is asked for a few times, one try a block, so that one lost answer is not held
    /// against the worker.
    /// </summary>
    private async Task<ModelState?> FetchClaimedAsync(UnitState unit, long maxBytes, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            LedgerView view = ledger.View;
            if (await TryLoadAsync(unit.Record!, maxBytes, cancellation) is { } state)
            {
                return state;
            }

            // The last two blocks are left for the commitment itself.
            if (attempt >= options.FetchAttempts || view.Height + 2 >= unit.PhaseDeadline)
            {
                return null;
            }

            await ledger.WaitForChangeAsync(view.Version, cancellation);
        }
    }

    private async Task<ModelState?> TryLoadAsync(UnitRecord record, long maxBytes, CancellationToken cancellation)
    {
        try
        {
            return await loader.LoadStateAsync(record, cancellation, maxBytes);
        }
        catch (TrainingException)
        {
            // That the state is absent or another one is the answer, not a failure of the auditor.
            return null;
        }
    }

    private bool IsDue(Hash256 key, ulong height) =>
        !_tries.TryGetValue(key, out ulong tried) || height >= tried + options.ResendAfterBlocks;

    private void Remember(Hash256 key, ulong height)
    {
        if (_tries.Count >= MaxRemembered)
        {
            // Forgetting costs at worst a transaction that is sent twice.
            _tries.Clear();
        }

        _tries[key] = height;
    }
}
