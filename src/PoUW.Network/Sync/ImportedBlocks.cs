using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Lets those who wait for a block know that it was imported, whichever way it came. Thread-safe.</summary>
internal sealed class ImportedBlocks(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, TaskCompletionSource> _waiting = [];

    internal void Tell(Hash256 id)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _waiting.Remove(id, out waiting);
        }

        waiting?.SetResult();
    }

    /// <summary>Waits for a block; begins to listen before <paramref name="isThere"/> is asked, so that nothing is missed.</summary>
    /// <returns>False if it did not come in time.</returns>
    /// <exception cref="OperationCanceledException">The sync stops.</exception>
    internal async Task<bool> WaitAsync(Hash256 id, Func<bool> isThere, TimeSpan timeout, CancellationToken stopping)
    {
        TaskCompletionSource? imported;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out imported))
            {
                imported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiting.Add(id, imported);
            }
        }

        if (isThere())
        {
            Tell(id);
            return true;
        }

        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task late = Task.Delay(timeout, time, ended.Token);
        Task first = await Task.WhenAny(imported.Task, late);
        ended.Cancel();
        stopping.ThrowIfCancellationRequested();
        if (first == late)
        {
            // Others that wait for it wake up, too, and look: nothing that is not there is kept for ever.
            Tell(id);
        }

        return isThere();
    }
}
