namespace PoUW.Network.Requests;

/// <summary>Places for requests that one peer has not answered, and the callers that wait for one, first come first served. Any thread.</summary>
internal sealed class OutstandingRequests(int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = new();
    private int _taken;
    private bool _closed;

    /// <summary>Waits for a place.</summary>
    /// <returns>False if the peer has gone; otherwise the caller gives the place back by <see cref="Leave"/>.</returns>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource<bool>> node;
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_taken < capacity)
            {
                _taken++;
                return true;
            }

            node = _waiting.AddLast(new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Withdraw(node, cancellation), null);
        return await node.Value.Task;
    }

    /// <summary>Gives a place to the next caller.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                next.Value.TrySetResult(true);
                return;
            }

            _taken--;
        }
    }

    /// <summary>The peer has gone: nobody waits any more.</summary>
    public void Close()
    {
        TaskCompletionSource<bool>[] waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (TaskCompletionSource<bool> source in waiting)
        {
            source.TrySetResult(false);
        }
    }

    private void Withdraw(LinkedListNode<TaskCompletionSource<bool>> node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _waiting.Remove(node);
                node.Value.TrySetCanceled(cancellation);
            }
        }
    }
}
