using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Support;

/// <summary>A worker service that runs until it is disposed.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public RunningWorker(WorkerRecorder recorder, SignallingIdleWork idle, Func<WorkerRecorder, SignallingIdleWork, WorkerService> create)
    {
        (Recorder, Idle) = (recorder, idle);
        _loop = create(recorder, idle).RunAsync(_stopping.Token);
    }

    public WorkerRecorder Recorder { get; }

    public SignallingIdleWork Idle { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }
}
