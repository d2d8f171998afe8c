using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// Keeps what happened in the order in which the pool changed, whichever thread tells it. Events are added under the pool's lock and
/// told outside of it; while one thread tells, others only add, so observers never run in parallel and may call the pool.
/// </summary>
internal sealed class MempoolEventQueue(MempoolMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Queue<(Transaction Transaction, RemovalReason? Removal)> _pending = new();
    private IMempoolObserver[] _observers = [];
    private bool _delivering;

    internal void Subscribe(IMempoolObserver observer)
    {
        lock (_gate)
        {
            _observers = [.. _observers, observer];
        }
    }

    internal void Unsubscribe(IMempoolObserver observer)
    {
        lock (_gate)
        {
            _observers = [.. _observers.Where(other => !ReferenceEquals(other, observer))];
        }
    }

    internal void Added(Transaction transaction) => Enqueue(transaction, null);

    internal void Removed(Transaction transaction, RemovalReason reason) => Enqueue(transaction, reason);

    internal void Deliver()
    {
        while (TryTake(out Transaction? transaction, out RemovalReason? removal, out IMempoolObserver[] observers))
        {
            try
            {
                Tell(observers, transaction!, removal);
            }
            finally
            {
                lock (_gate)
                {
                    _delivering = false;
                }
            }
        }
    }

    private void Enqueue(Transaction transaction, RemovalReason? removal)
    {
        lock (_gate)
        {
            _pending.Enqueue((transaction, removal));
        }
    }

    private bool TryTake(out Transaction? transaction, out RemovalReason? removal, out IMempoolObserver[] observers)
    {
        lock (_gate)
        {
            observers = _observers;
            (transaction, removal) = (null, null);
            if (_delivering || !_pending.TryDequeue(out (Transaction Transaction, RemovalReason? Removal) next))
            {
                return false;
            }

            (transaction, removal) = next;
            _delivering = true;
            return true;
        }
    }

    private void Tell(IMempoolObserver[] observers, Transaction transaction, RemovalReason? removal)
    {
        if (removal is { } reason)
        {
            metrics.Removed(reason);
        }
        else
        {
            metrics.Admitted();
        }

        foreach (IMempoolObserver observer in observers)
        {
            if (removal is { } why)
            {
                observer.Removed(transaction, why);
            }
            else
            {
                observer.Added(transaction);
            }
        }
    }
}
