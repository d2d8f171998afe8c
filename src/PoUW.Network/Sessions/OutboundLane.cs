using PoUW.Network.Framing;

namespace PoUW.Network.Sessions;

/// <summary>The frames of one priority that wait for one peer, and the senders that wait for room. Guarded by its outbox.</summary>
internal sealed class OutboundLane(int maxBytes, int maxFrames)
{
    private readonly Queue<OutboundFrame> _frames = new();
    private readonly LinkedList<OutboundWaiter> _waiters = new();
    private long _bytes;

    public bool IsEmpty => _frames.Count == 0;

    public bool TryAdd(OutboundFrame frame)
    {
        bool fits = _frames.Count < maxFrames && _bytes + frame.Length <= maxBytes;
        if (!fits && _frames.Count > 0)
        {
            return false;
        }

        // A frame above the whole limit is taken when nothing else waits, else it could never be sent.
        _frames.Enqueue(frame);
        _bytes += frame.Length;
        return true;
    }

    public LinkedListNode<OutboundWaiter> AddWaiter(OutboundWaiter waiter) => _waiters.AddLast(waiter);

    public void RemoveWaiter(LinkedListNode<OutboundWaiter> node)
    {
        if (node.List == _waiters)
        {
            _waiters.Remove(node);
        }
    }

    public OutboundFrame Take()
    {
        OutboundFrame frame = _frames.Dequeue();
        _bytes -= frame.Length;
        while (_waiters.First is { } first && TryAdd(first.Value.Frame))
        {
            _waiters.RemoveFirst();
            first.Value.Admitted.TrySetResult(true);
        }

        return frame;
    }

    public void Clear()
    {
        _frames.Clear();
        _bytes = 0;
        foreach (OutboundWaiter waiter in _waiters)
        {
            waiter.Admitted.TrySetResult(false);
        }

        _waiters.Clear();
    }
}
