namespace PoUW.Core.Runtime;

/// <summary>The production spawner: the thread pool for asynchronous work, a named background thread for long synchronous work.</summary>
public sealed class ThreadPoolSpawner : ISpawner
{
    /// <inheritdoc/>
    public Task Spawn(string name, Func<Task> work) => Task.Run(work);

    /// <inheritdoc/>
    public Task SpawnThread(string name, Action work)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => RunToCompletion(work, done)) { IsBackground = true, Name = name };
        thread.Start();
        return done.Task;
    }

    private static void RunToCompletion(Action work, TaskCompletionSource done)
    {
        try
        {
            work();
            done.SetResult();
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }
}
