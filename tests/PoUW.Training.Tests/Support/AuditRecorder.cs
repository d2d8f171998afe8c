using System.Collections.Concurrent;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Training.Auditors;

namespace PoUW.Training.Tests.Support;

/// <summary>Remembers what an auditor reports.</summary>
internal sealed class AuditRecorder : IAuditorObserver
{
    private readonly TaskCompletionSource<TrainingException> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _lack = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(UnitRecord Record, AuditReveal Verdict)> Judgements { get; } = new();

    public ConcurrentQueue<ValidationResult> Rejections { get; } = new();

    public Task<TrainingException> FirstFailure => _failure.Task;

    /// <summary>What the observer does when it hears of a verdict.</summary>
    public Action OnJudged { get; init; } = static () => { };

    public void Judged(UnitRecord record, AuditReveal verdict)
    {
        Judgements.Enqueue((record, verdict));
        OnJudged();
    }

    public ConcurrentQueue<Lease> Leaning { get; } = new();

    public void Leaned(Lease lease) => Leaning.Enqueue(lease);

    public ConcurrentQueue<(Amount Staked, Amount Needed)> Lacks { get; } = new();

    public Task FirstLack => _lack.Task;

    public void StakeTooLow(Amount staked, Amount needed)
    {
        Lacks.Enqueue((staked, needed));
        _lack.TrySetResult();
    }

    public void Rejected(string what, ValidationResult result) => Rejections.Enqueue(result);

    public void Failed(Lease lease, TrainingException failure) => _failure.TrySetResult(failure);
}
