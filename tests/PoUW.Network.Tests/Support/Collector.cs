namespace PoUW.Network.Tests.Support;

/// <summary>Collects what happens on any thread and lets a test wait for a number of it.</summary>
internal sealed class Collector<T>
{
    private readonly Lock _gate = new();
    private readonly List<T> _items = [];
    private readonly List<(Func<IReadOnlyList<T>, bool> Until, TaskCompletionSource Done)> _waiters = [];

    public IReadOnlyList<T> Items
    {
        get
        {
            lock (_gate)
            {
                return [.. _items];
            }
        }
    }

    public void Add(T item)
    {
        lock (_gate)
        {
            _items.Add(item);
            foreach ((Func<IReadOnlyList<T>, bool> until, TaskCompletionSource done) in _waiters)
            {
                if (until(_items))
                {
                    done.TrySetResult();
                }
            }
        }
    }

    public Task WaitForCountAsync(int count) => WaitAsync(items => items.Count >= count);

    public Task WaitForAsync(Func<T, bool> match) => WaitAsync(items => items.Any(match));

    private Task WaitAsync(Func<IReadOnlyList<T>, bool> until)
    {
        lock (_gate)
        {
            TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (until(_items))
            {
                done.SetResult();
            }

            _waiters.Add((until, done));
            return done.Task.InTime();
        }
    }
}
