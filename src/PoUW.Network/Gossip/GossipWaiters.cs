namespace PoUW.Network.Gossip;

/// <summary>Callers that wait for a state of gossip. Its user holds one lock around all calls.</summary>
internal sealed class GossipWaiters
{
    private readonly List<(Func<GossipSnapshot, bool> Condition, TaskCompletionSource Met)> _waiting = [];

    public bool Any => _waiting.Count > 0;

    /// <returns>A task that ends when the condition holds, which may be now.</returns>
    public Task Add(Func<GossipSnapshot, bool> condition, GossipSnapshot now, CancellationToken cancellation)
    {
        if (condition(now))
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((condition, met));
        return FollowAsync(met, cancellation);
    }

    /// <summary>Tells those whose condition holds now. A condition that throws fails its own caller.</summary>
    public void Look(GossipSnapshot now) => _waiting.RemoveAll(waiter => waiter.Met.Task.IsCompleted || IsMet(waiter.Condition, waiter.Met, now));

    /// <summary>No state comes any more.</summary>
    public void Close()
    {
        foreach ((_, TaskCompletionSource met) in _waiting)
        {
            met.TrySetException(new ObjectDisposedException(nameof(GossipSub)));
        }

        _waiting.Clear();
    }

    private static bool IsMet(Func<GossipSnapshot, bool> condition, TaskCompletionSource met, GossipSnapshot now)
    {
        try
        {
            return condition(now) && met.TrySetResult();
        }
        catch (Exception failure)
        {
            return met.TrySetException(failure);
        }
    }

    private static async Task FollowAsync(TaskCompletionSource met, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => met.TrySetCanceled(cancellation), null);
        await met.Task;
    }
}
