using System.Collections.Concurrent;
using PoUW.Core.Jobs;
using PoUW.Core.Validation;
using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Support;

/// <summary>Remembers what a worker reports.</summary>
internal sealed class WorkerRecorder : IWorkerObserver
{
    private readonly TaskCompletionSource<TrainingException> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<ValidationResult> Rejections { get; } = new();

    public Task<TrainingException> FirstFailure => _failure.Task;

    public void Rejected(string what, ValidationResult result) => Rejections.Enqueue(result);

    public ConcurrentQueue<TrainingException> Failures { get; } = new();

    public void Failed(Lease lease, TrainingException failure)
    {
        Failures.Enqueue(failure);
        _failure.TrySetResult(failure);
    }
}
