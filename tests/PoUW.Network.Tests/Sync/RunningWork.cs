using PoUW.Core.Runtime;

namespace PoUW.Network.Tests.Sync;

/// <summary>Counts the background work of a node by its names. For one thread.</summary>
internal sealed class RunningWork(ISpawner inner) : ISpawner
{
    private readonly Dictionary<string, int> _running = [];

    public int CountOf(string name) => _running.GetValueOrDefault(name);

    public Task Spawn(string name, Func<Task> work) => inner.Spawn(name, async () =>
    {
        _running[name] = CountOf(name) + 1;
        try
        {
            await work();
        }
        finally
        {
            _running[name]--;
        }
    });

    public Task SpawnThread(string name, Action work) => inner.SpawnThread(name, work);
}
