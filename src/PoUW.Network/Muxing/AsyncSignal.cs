using System.Threading.Tasks.Sources;

namespace PoUW.Network.Muxing;

/// <summary>
/// Wakes one waiter, again and again, without an allocation for each wait. A signal that nobody waits for is kept, once. All members but
/// those of the interface are called under the owner's lock; the waiter goes on in its own context, never inside of <see cref="Set"/>.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _isSet;
    private bool _isWaiting;

    /// <summary>Completes at the next signal, or at once if there was one since the last wait.</summary>
    public ValueTask Wait()
    {
        if (_isWaiting)
        {
            throw new InvalidOperationException("Somebody waits for this already.");
        }

        if (_isSet)
        {
            _isSet = false;
            return ValueTask.CompletedTask;
        }

        _isWaiting = true;
        _core.Reset();
        return new ValueTask(this, _core.Version);
    }

    public void Set()
    {
        if (!_isWaiting)
        {
            _isSet = true;
            return;
        }

        _isWaiting = false;
        _core.SetResult(true);
    }

    /// <summary>Ends a wait that is under way.</summary>
    public void Cancel(CancellationToken cancellation)
    {
        if (_isWaiting)
        {
            _isWaiting = false;
            _core.SetException(new OperationCanceledException(cancellation));
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
