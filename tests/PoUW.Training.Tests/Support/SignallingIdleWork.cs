using PoUW.Training.Workers;

namespace PoUW.Training.Tests.Support;

/// <summary>Idle work that only tells the test that the worker has come to it.</summary>
internal sealed class SignallingIdleWork : IIdleWork
{
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task NextAsync(CancellationToken cancellation)
    {
        TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _next = next;
        return next.Task.WaitAsync(cancellation);
    }

    public void RunOnce()
    {
        _next.TrySetResult();
        Thread.Yield();
    }
}
