using PoUW.Core.Primitives;

namespace PoUW.Network.Sync;

/// <summary>Lets those who wait for a block know that it was imported, whichever way it came. Thread-safe.</summary>
internal sealed class ImportedBlocks(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, List<TaskCompletionSource>> _waiting = [];

    internal void Tell(Hash256 id)
    {
        List<TaskCompletionSource>? waiting;
        lock (_gate)
        {
            _waiting.Remove(id, out waiting);
        }

        waiting?.ForEach(static one => one.TrySetResult());
    }

    /// <summary>Waits for a block; begins to listen before <paramref name="isThere"/> is asked, so that nothing is missed.</summary>
    /// <returns>False if it did not come in time.</returns>
    /// <exception cref="OperationCanceledException">The sync stops.</exception>
    internal async Task<bool> WaitAsync(Hash256 id, Func<bool> isThere, TimeSpan timeout, CancellationToken stopping)
    {
        TaskCompletionSource imported = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(id, imported);
        try
        {
            // Awaited by itself: what combines tasks would leave the thread of a simulator.
            using CancellationTokenSource deadline = new(timeout, time);
            await using (deadline.Token.Register(() => imported.TrySetResult()))
            await using (stopping.Register(() => imported.TrySetResult()))
            {
                if (!isThere())
                {
                    await imported.Task;
                }
            }
        }
        finally
        {
            Remove(id, imported);
        }

        stopping.ThrowIfCancellationRequested();
        return isThere();
    }

    private void Add(Hash256 id, TaskCompletionSource waiting)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out List<TaskCompletionSource>? all))
            {
                all = [];
                _waiting.Add(id, all);
            }

            all.Add(waiting);
        }
    }

    private void Remove(Hash256 id, TaskCompletionSource waiting)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(id, out List<TaskCompletionSource>? all) && all.Remove(waiting) && all.Count == 0)
            {
                _waiting.Remove(id);
            }
        }
    }
}
