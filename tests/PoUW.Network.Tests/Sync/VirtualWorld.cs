using PoUW.Core.Runtime;

namespace PoUW.Network.Tests.Sync;

/// <summary>
/// One thread and a clock of its own: everything runs in order of arrival, and when nothing is left to run, the clock moves to the next timer.
/// So a test that waits for a timeout takes no time, and runs the same way each time.
/// </summary>
internal sealed class VirtualWorld(DateTimeOffset start) : SynchronizationContext, ISpawner
{
    private readonly Queue<Action> _ready = new();

    public VirtualClock Time { get; } = new(start);

    public override void Post(SendOrPostCallback d, object? state) => Enqueue(() => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing may block here");

    public override SynchronizationContext CreateCopy() => this;

    public Task Spawn(string name, Func<Task> work)
    {
        TaskCompletionSource done = new();
        Enqueue(() => Complete(work, done));
        return done.Task;
    }

    public Task SpawnThread(string name, Action work) => throw new NotSupportedException("this world has one thread");

    /// <summary>Runs a scenario to its end; fails when it waits for something that cannot come, or for longer than a limit of its own clock.</summary>
    public void Run(Func<Task> scenario, TimeSpan? limit = null)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            TimeSpan end = Time.Elapsed + (limit ?? TimeSpan.FromMinutes(10));
            Task task = scenario();
            while (!task.IsCompleted)
            {
                if (TryTake() is { } step)
                {
                    step();
                }
                else if (!Time.FireNext() || Time.Elapsed > end)
                {
                    Assert.Fail($"the scenario still waits after {Time.Elapsed} of its own time");
                }
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private static async void Complete(Func<Task> work, TaskCompletionSource done)
    {
        try
        {
            await work();
            done.SetResult();
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    private void Enqueue(Action step)
    {
        lock (_ready)
        {
            _ready.Enqueue(step);
        }
    }

    private Action? TryTake()
    {
        lock (_ready)
        {
            return _ready.TryDequeue(out Action? step) ? step : null;
        }
    }
}
