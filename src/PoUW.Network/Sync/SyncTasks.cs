using PoUW.Core.Runtime;

namespace PoUW.Network.Sync;

/// <summary>The background work of a sync, so that it can be waited for. Thread-safe.</summary>
internal sealed class SyncTasks(ISpawner spawner, Action<string> warn, CancellationToken stopping)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _isClosed;

    /// <summary>Starts work, unless the sync stops. What it throws is told, and nothing else ends for it.</summary>
    /// <returns>False if the sync stops.</returns>
    internal bool Run(string name, Func<Task> work)
    {
        lock (_gate)
        {
            if (_isClosed || stopping.IsCancellationRequested)
            {
                return false;
            }

            _running++;
        }

        spawner.Spawn(name, () => RunAsync(name, work));
        return true;
    }

    /// <summary>Starts work that waits for nothing, for callers that must not hear what it throws.</summary>
    internal void RunSoon(string name, Action work) => Run(name, () =>
    {
        work();
        return Task.CompletedTask;
    });

    /// <summary>Starts work after a while.</summary>
    internal void RunLater(string name, TimeSpan delay, TimeProvider time, Action work) => Run(name, async () =>
    {
        await Task.Delay(delay, time, stopping);
        work();
    });

    /// <summary>Takes no more work and waits for what runs. Called once, after cancellation.</summary>
    internal Task StopAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (_running == 0)
            {
                _ended.TrySetResult();
            }
        }

        return _ended.Task;
    }

    private async Task RunAsync(string name, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception failure)
        {
            warn($"{name} failed: {failure.Message}");
        }
        finally
        {
            lock (_gate)
            {
                _running--;
                if (_isClosed && _running == 0)
                {
                    _ended.TrySetResult();
                }
            }
        }
    }
}
