using PoUW.Core.Randomness;
using PoUW.Core.Runtime;

namespace PoUW.Network.Tests.Support;

/// <summary>
/// Runs a scenario on the test's own thread in virtual time: a synchronization context, a spawner and a clock over one queue. First come first
/// served, or, with a seed, in a random order of whatever is ready. Nothing sleeps, and a run with the same seed is the same to the byte.
/// <para>
/// What leaves the thread is counted in <see cref="Escapes"/> and makes the run fail: <c>ConfigureAwait(false)</c>, the base library's own
/// asynchronous helpers over streams, and <c>Task.WhenAny</c>, <c>WhenAll</c> or <c>Task.WaitAsync</c> directly over the task of a
/// <c>TaskCompletionSource</c> with <c>RunContinuationsAsynchronously</c> (await that in a method of its own, and combine the methods' tasks).
/// </para>
/// </summary>
internal sealed class SimulationWorld : SynchronizationContext, ISpawner
{
    private const int MaxStepsAtOneInstant = 20_000_000;

    private readonly Lock _gate = new();
    private readonly List<Action> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Random? _schedule;
    private readonly List<string> _escapes = [];
    private int _head;

    /// <param name="seed">Picks what runs next; null for first come first served.</param>
    /// <param name="start">The world's first moment; the beginning of 2026 by default.</param>
    public SimulationWorld(int? seed = null, DateTimeOffset? start = null)
    {
        _schedule = seed is { } value ? new Random(value) : null;
        Time = new SimulationTime(CheckThread, start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Random = new SeededRandomSource((ulong)(seed ?? 0), "world");
    }

    public SimulationTime Time { get; }

    /// <summary>Randomness for the network model and the nodes of the world.</summary>
    public IRandomSource Random { get; }

    /// <summary>Hashes what transports made by <see cref="SimulationTrace.Watch"/> deliver.</summary>
    public SimulationTrace Trace => field ??= new SimulationTrace(Time);

    /// <summary>Uses of the world from other threads.</summary>
    public int Escapes
    {
        get
        {
            lock (_gate)
            {
                return _escapes.Count;
            }
        }
    }

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

    /// <summary>Runs a scenario to its end, then what is still ready, but no timer more.</summary>
    /// <param name="scenario">What happens.</param>
    /// <param name="limit">The virtual time in which it has to come to its end; ten minutes by default.</param>
    public void Run(Func<Task> scenario, TimeSpan? limit = null)
    {
        TimeSpan end = Time.Now + (limit ?? TimeSpan.FromMinutes(10));
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            Task task = scenario();
            do
            {
                RunReady();
            }
            while (!task.IsCompleted && Time.TryFireNext(end));

            Assert.That(Escapes, Is.Zero, () => "something left the world's thread:\n" + string.Join("\n\n", _escapes.Take(3)));
            Assert.That(task.IsCompleted, Is.True, () => $"at {Time.Now} nothing more happens, or only after {end}: the scenario waits for ever");
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>
    /// What happens elsewhere while the caller, on the world's thread and inside of what it runs, takes so long: other threads, in a world that has one.
    /// </summary>
    public void RunMeanwhile(TimeSpan duration)
    {
        TimeSpan end = Time.Now + duration;
        do
        {
            RunReady();
        }
        while (Time.TryFireNext(end));
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

    private void RunReady()
    {
        int steps = 0;
        while (TryTake() is { } step)
        {
            step();
            Assert.That(++steps, Is.LessThan(MaxStepsAtOneInstant), "something runs in circles without time passing");
        }
    }

    private void Enqueue(Action step)
    {
        CheckThread();
        lock (_gate)
        {
            _ready.Add(step);
        }
    }

    private void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            lock (_gate)
            {
                _escapes.Add(Environment.StackTrace);
            }
        }
    }

    private Action? TryTake()
    {
        lock (_gate)
        {
            if (_head == _ready.Count)
            {
                _ready.Clear();
                _head = 0;
                return null;
            }

            if (_schedule is not null)
            {
                int picked = _schedule.Next(_head, _ready.Count);
                (_ready[_head], _ready[picked]) = (_ready[picked], _ready[_head]);
            }

            Action step = _ready[_head];
            _ready[_head++] = null!;
            if (_head >= 1024 && _head * 2 >= _ready.Count)
            {
                _ready.RemoveRange(0, _head);
                _head = 0;
            }

            return step;
        }
    }
}
