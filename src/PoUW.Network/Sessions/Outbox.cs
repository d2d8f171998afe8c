using PoUW.Network.Framing;
using PoUW.Network.Messaging;

namespace PoUW.Network.Sessions;

/// <summary>
/// What waits to be sent to one peer: short frames before long ones, in order within each, bounded in bytes and frames. Any thread may
/// add; one reader takes.
/// </summary>
internal sealed class Outbox(NetworkOptions options)
{
    private readonly Lock _gate = new();
    private readonly OutboundLane _urgent = new(options.UrgentQueueBytes, options.QueueFrames);
    private readonly OutboundLane _bulk = new(options.BulkQueueBytes, options.QueueFrames);
    private TaskCompletionSource<bool>? _reader;
    private bool _completed;

    /// <summary>Queues a frame if there is room now.</summary>
    public bool TryAdd(OutboundFrame frame)
    {
        lock (_gate)
        {
            if (_completed || !LaneOf(frame).TryAdd(frame))
            {
                return false;
            }
        }

        WakeReader(true);
        return true;
    }

    /// <summary>Queues a frame, waiting for room.</summary>
    /// <returns>False if the session ended first.</returns>
    public async ValueTask<bool> AddAsync(OutboundFrame frame, CancellationToken cancellation)
    {
        OutboundWaiter? waiter = null;
        LinkedListNode<OutboundWaiter>? node = null;
        lock (_gate)
        {
            if (_completed)
            {
                return false;
            }

            if (!LaneOf(frame).TryAdd(frame))
            {
                waiter = new OutboundWaiter(frame);
                node = LaneOf(frame).AddWaiter(waiter);
            }
        }

        if (waiter is null)
        {
            WakeReader(true);
            return true;
        }

        return await WaitAsync(waiter, node!, cancellation);
    }

    public bool TryTake(out OutboundFrame? frame)
    {
        lock (_gate)
        {
            OutboundLane lane = _urgent.IsEmpty ? _bulk : _urgent;
            frame = lane.IsEmpty ? null : lane.Take();
            return frame is not null;
        }
    }

    /// <summary>Waits for a frame.</summary>
    /// <returns>False once completed.</returns>
    public Task<bool> WaitToTakeAsync()
    {
        lock (_gate)
        {
            if (_completed)
            {
                return Task.FromResult(false);
            }

            if (!_urgent.IsEmpty || !_bulk.IsEmpty)
            {
                return Task.FromResult(true);
            }

            _reader = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _reader.Task;
        }
    }

    /// <summary>Drops everything and takes nothing more.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completed = true;
            _urgent.Clear();
            _bulk.Clear();
        }

        WakeReader(false);
    }

    private OutboundLane LaneOf(OutboundFrame frame) => frame.Length <= options.UrgentFrameBytes ? _urgent : _bulk;

    private async ValueTask<bool> WaitAsync(OutboundWaiter waiter, LinkedListNode<OutboundWaiter> node, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => Withdraw(waiter, node, cancellation), null);
        return await waiter.Admitted.Task;
    }

    private void Withdraw(OutboundWaiter waiter, LinkedListNode<OutboundWaiter> node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            LaneOf(waiter.Frame).RemoveWaiter(node);
            waiter.Admitted.TrySetCanceled(cancellation);
        }
    }

    private void WakeReader(bool more)
    {
        TaskCompletionSource<bool>? reader;
        lock (_gate)
        {
            reader = _reader;
            _reader = null;
        }

        reader?.TrySetResult(more);
    }
}
