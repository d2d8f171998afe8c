using PoUW.Core.Runtime;

namespace PoUW.Network.Tests.Support;

/// <summary>The production spawner, with a list of all that it started.</summary>
internal sealed class TrackingSpawner : ISpawner
{
    private readonly ThreadPoolSpawner _inner = new();
    private readonly List<Task> _tasks = [];

    public Task[] Tasks
    {
        get
        {
            lock (_tasks)
            {
                return [.. _tasks];
            }
        }
    }

    public Task Spawn(string name, Func<Task> work)
    {
        Task task = _inner.Spawn(name, work);
        lock (_tasks)
        {
            _tasks.Add(task);
        }

        return task;
    }

    public Task SpawnThread(string name, Action work) => _inner.SpawnThread(name, work);
}
