namespace PoUW.Network.Sync;

/// <summary>Wakes up all who wait for a change. Thread-safe.</summary>
internal sealed class Pulse
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = New();

    /// <summary>Ends at the next change. Taken before what may change is looked at, nothing is missed.</summary>
    internal Task Next
    {
        get
        {
            lock (_gate)
            {
                return _next.Task;
            }
        }
    }

    internal void Beat()
    {
        TaskCompletionSource now;
        lock (_gate)
        {
            now = _next;
            _next = New();
        }

        now.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
