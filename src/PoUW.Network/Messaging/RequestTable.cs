namespace PoUW.Network.Messaging;

/// <summary>Requests that one peer has not answered, and the callers that wait for a free place. Any thread.</summary>
internal sealed class RequestTable(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, TaskCompletionSource<RequestResult>> _pending = [];
    private readonly LinkedList<TaskCompletionSource<bool>> _waiting = new();
    private int _taken;
    private uint _nextId;
    private bool _closed;

    /// <summary>Waits for a place.</summary>
    /// <returns>False if the session ended; otherwise the caller gives the place back by <see cref="Leave"/>.</returns>
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

    public void Leave()
    {
        lock (_gate)
        {
            if (_waiting.First is { } next)
            {
                // The place goes to the next caller.
                _waiting.RemoveFirst();
                next.Value.TrySetResult(true);
                return;
            }

            _taken--;
        }
    }

    public uint Add(out Task<RequestResult> answer)
    {
        TaskCompletionSource<RequestResult> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        answer = source.Task;
        lock (_gate)
        {
            uint id = unchecked(_nextId++); // Ids may wrap: far fewer are pending than exist.
            if (_closed)
            {
                source.SetResult(new RequestResult(RequestStatus.Disconnected, default));
            }
            else
            {
                _pending.Add(id, source);
            }

            return id;
        }
    }

    public bool IsPending(uint id)
    {
        lock (_gate)
        {
            return _pending.ContainsKey(id);
        }
    }

    public void TryFinish(uint id, RequestResult result) => Take(id)?.TrySetResult(result);

    public void TryCancel(uint id, CancellationToken cancellation) => Take(id)?.TrySetCanceled(cancellation);

    public void Close()
    {
        TaskCompletionSource<RequestResult>[] pending;
        TaskCompletionSource<bool>[] waiting;
        lock (_gate)
        {
            _closed = true;
            pending = [.. _pending.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)];
            waiting = [.. _waiting];
            _pending.Clear();
            _waiting.Clear();
        }

        foreach (TaskCompletionSource<RequestResult> source in pending)
        {
            source.TrySetResult(new RequestResult(RequestStatus.Disconnected, default));
        }

        foreach (TaskCompletionSource<bool> source in waiting)
        {
            source.TrySetResult(false);
        }
    }

    private TaskCompletionSource<RequestResult>? Take(uint id)
    {
        lock (_gate)
        {
            return _pending.Remove(id, out TaskCompletionSource<RequestResult>? source) ? source : null;
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
