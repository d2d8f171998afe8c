using PoUW.Core.Runtime;

namespace PoUW.Network.Tests.Support;

/// <summary>
/// Runs everything on the test's own thread, first come first served: a synchronization context and a spawner over one queue. Work that
/// escapes to another thread shows as an empty queue before the scenario ended.
/// </summary>
internal sealed class SingleThreadWorld : SynchronizationContext, ISpawner
{
    private readonly Queue<Action> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public int Escapes { get; private set; }

    public override void Post(SendOrPostCallback d, object? state) => Enqueue(() => d(state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("nothing may block here");

    public override SynchronizationContext CreateCopy() => this;

    public Task Spawn(string name, Func<Task> work)
    {
        TaskCompletionSource done = new();
        Enqueue(() => Complete(work(), done));
        return done.Task;
    }

    public Task SpawnThread(string name, Action work) => throw new NotSupportedException("this world has one thread");

    public void Run(Func<Task> scenario)
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            Task task = scenario();
            while (TryTake() is { } step)
            {
                step();
            }

            Assert.That(task.IsCompleted, Is.True, "the queue ran empty: something waits outside of this thread");
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    private static async void Complete(Task work, TaskCompletionSource done)
    {
        await work;
        done.SetResult();
    }

    private void Enqueue(Action step)
    {
        lock (_ready)
        {
            Escapes += Environment.CurrentManagedThreadId == _thread ? 0 : 1;
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
