namespace PoUW.Core.Runtime;

/// <summary>
/// Starts background work. Production code never calls the thread pool itself, so that a simulator can run everything on one thread.
/// </summary>
public interface ISpawner
{
    /// <summary>Starts <paramref name="work"/> and returns at once. Failures surface through the returned task.</summary>
    Task Spawn(string name, Func<Task> work);

    /// <summary>Runs long synchronous work (training, mining) on a thread of its own.</summary>
    Task SpawnThread(string name, Action work);
}
