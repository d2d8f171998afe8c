namespace PoUW.Core.Chain;

/// <summary>
/// Keeps notifications in the order in which the chain changed, whichever thread delivers them. While one thread delivers, others only
/// add; so observers never run in parallel, and an observer that imports a block does not recurse.
/// </summary>
internal sealed class ChainEventQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<Action<IChainObserver>> _pending = new();
    private IChainObserver[] _observers = [];
    private bool _delivering;

    internal void Add(IChainObserver observer)
    {
        lock (_gate)
        {
            _observers = [.. _observers, observer];
        }
    }

    internal void Remove(IChainObserver observer)
    {
        lock (_gate)
        {
            _observers = [.. _observers.Where(other => !ReferenceEquals(other, observer))];
        }
    }

    internal void Enqueue(Action<IChainObserver> notification)
    {
        lock (_gate)
        {
            _pending.Enqueue(notification);
        }
    }

    internal void Deliver()
    {
        while (TryTake(out Action<IChainObserver>? notification, out IChainObserver[] observers))
        {
            try
            {
                foreach (IChainObserver observer in observers)
                {
                    notification!(observer);
                }
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

    private bool TryTake(out Action<IChainObserver>? notification, out IChainObserver[] observers)
    {
        lock (_gate)
        {
            observers = _observers;
            notification = null;
            if (_delivering || !_pending.TryDequeue(out notification))
            {
                return false;
            }

            _delivering = true;
            return true;
        }
    }
}
