using PoUW.Core.Blocks;

namespace PoUW.Core.Chain;

/// <summary>
/// Keeps notifications in the order in which the chain changed, whichever thread delivers them. While one thread delivers, others only
/// add; so observers never run in parallel, and an observer that imports a block does not recurse. A notification goes to those that were
/// subscribed when the chain changed and still are.
/// </summary>
/// <param name="failed">Told of an observer that throws; null to throw to whoever delivers, once everyone has heard everything.</param>
internal sealed class ChainEventQueue(Action<IChainObserver, Exception>? failed)
{
    private readonly Lock _gate = new();
    private readonly Queue<Notification> _pending = new();
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

    /// <summary>Adds what a change tells: what left, downward, then what joined, upward.</summary>
    internal void Announce(ChainChange change)
    {
        lock (_gate)
        {
            if (_observers.Length == 0)
            {
                return;
            }

            foreach (Block block in change.Detached)
            {
                _pending.Enqueue(new Notification(block, null, _observers));
            }

            foreach ((Block block, IReadOnlyList<Receipt> receipts) in change.Attached)
            {
                _pending.Enqueue(new Notification(block, receipts, _observers));
            }
        }
    }

    /// <exception cref="AggregateException">Observers threw, and nobody is told of it.</exception>
    internal void Deliver()
    {
        List<Exception>? failures = null;
        while (TryTake(out Notification notification))
        {
            try
            {
                foreach (IChainObserver observer in notification.Observers)
                {
                    Tell(observer, notification, ref failures);
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

        if (failures is not null)
        {
            throw new AggregateException("An observer of the chain threw. The chain has changed, and all others have heard of it.", failures);
        }
    }

    private void Tell(IChainObserver observer, Notification notification, ref List<Exception>? failures)
    {
        if (!IsSubscribed(observer))
        {
            return;
        }

        try
        {
            if (notification.Receipts is { } receipts)
            {
                observer.BlockAttached(notification.Block, receipts);
            }
            else
            {
                observer.BlockDetached(notification.Block);
            }
        }
        catch (Exception failure)
        {
            // One faulty observer must not keep the others from hearing; without anyone to tell, it is thrown when they have.
            if (failed is not null)
            {
                failed(observer, failure);
            }
            else
            {
                (failures ??= []).Add(failure);
            }
        }
    }

    private bool IsSubscribed(IChainObserver observer)
    {
        lock (_gate)
        {
            return Array.Exists(_observers, other => ReferenceEquals(other, observer));
        }
    }

    private bool TryTake(out Notification notification)
    {
        lock (_gate)
        {
            notification = default;
            if (_delivering || !_pending.TryDequeue(out notification))
            {
                return false;
            }

            _delivering = true;
            return true;
        }
    }

    private readonly record struct Notification(Block Block, IReadOnlyList<Receipt>? Receipts, IChainObserver[] Observers);
}
