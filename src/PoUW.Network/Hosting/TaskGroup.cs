using PoUW.Core.Runtime;

namespace PoUW.Network.Hosting;

/// <summary>The background work of a node, so that stopping can wait for all of it. Any thread.</summary>
internal sealed class TaskGroup(ISpawner spawner, INetworkObserver observer)
{
    private readonly Lock _gate = new();
    private readonly List<Task> _tasks = [];
    private int _pruneAt = 64;
    private bool _closed;

    /// <returns>False if the group takes no more work.</returns>
    public bool TryRun(string name, Func<Task> work)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_tasks.Count >= _pruneAt)
            {
                _tasks.RemoveAll(static task => task.IsCompleted);
                _pruneAt = Math.Max(64, _tasks.Count * 2);
            }

            _tasks.Add(spawner.Spawn(name, () => GuardAsync(name, work)));
            return true;
        }
    }

    /// <summary>Takes no more work and waits until all of it ended.</summary>
    public async Task CompleteAsync()
    {
        Task[] running;
        lock (_gate)
        {
            _closed = true;
            running = [.. _tasks];
        }

        foreach (Task task in running)
        {
            await task;
        }
    }

    private async Task GuardAsync(string name, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            observer.Observe(new NetworkEvent(NetworkEventKind.InternalFailure, null, name, failure));
        }
    }
}
