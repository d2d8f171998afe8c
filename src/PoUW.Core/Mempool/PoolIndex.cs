using PoUW.Core.Primitives;

namespace PoUW.Core.Mempool;

/// <summary>
/// The pool's transactions by id, by sender and nonce, by rank, by expiry, and each sender's next one by tip, always in step after
/// <see cref="Settle"/>. Each change costs a number of comparisons logarithmic in the pool's size. Not thread-safe.
/// </summary>
internal sealed class PoolIndex
{
    private readonly Dictionary<Hash256, PooledTransaction> _byId = [];
    private readonly Dictionary<Address, SenderQueue> _byAddress = [];
    private readonly Dictionary<SenderKey, SenderQueue> _byKey = [];
    private readonly PoolHeap _worst = new(0);
    private readonly PoolHeap _heads = new(1);
    private readonly PoolHeap _expiring = new(2);
    private readonly LinkedList<SenderQueue> _turns = new();

    internal int Count => _byId.Count;

    internal long Bytes { get; private set; }

    /// <summary>All transactions, those that leave first in front.</summary>
    internal IEnumerable<PooledTransaction> WorstFirst => _worst.InOrder();

    /// <summary>The transactions that a block could take next, one a sender, the best first.</summary>
    internal IEnumerable<PooledTransaction> HeadsBestFirst => _heads.InOrder();

    /// <summary>The transaction that expires first; null if none ever does.</summary>
    internal PooledTransaction? FirstToExpire => _expiring.First;

    /// <summary>The sender whose account was looked at longest ago; null if the pool is empty.</summary>
    internal SenderQueue? LongestUnchecked => _turns.First?.Value;

    internal PooledTransaction? Find(Hash256 id) => _byId.GetValueOrDefault(id);

    internal SenderQueue? Find(Address sender) => _byAddress.GetValueOrDefault(sender);

    internal SenderQueue? Find(SenderKey sender) => _byKey.GetValueOrDefault(sender);

    /// <summary>Adds a transaction to its queue, which the index need not know yet. <see cref="Settle"/> must follow.</summary>
    internal void Put(PooledTransaction pooled)
    {
        _byId.Add(pooled.Transaction.Id, pooled);
        pooled.Queue.Insert(pooled);
        Bytes += pooled.Size;
        if (pooled.Body.ExpiryHeight < ulong.MaxValue)
        {
            _expiring.Add(pooled, PoolKey.ExpiryFirst(pooled));
        }
    }

    /// <summary>Removes a transaction from its queue. <see cref="Settle"/> must follow.</summary>
    internal void Take(PooledTransaction pooled)
    {
        _worst.Remove(pooled);
        _expiring.Remove(pooled);
        _byId.Remove(pooled.Transaction.Id);
        pooled.Queue.Remove(pooled);
        Bytes -= pooled.Size;
    }

    /// <summary>Puts a queue and its transactions in their places after its content or its account has changed; forgets an empty one.</summary>
    internal void Settle(SenderQueue queue)
    {
        int ready = queue.CountReady();
        for (int i = 0; i < queue.Count; i++)
        {
            Rank(queue[i], isParked: i >= ready);
        }

        SetHead(queue, ready > 0 ? queue[0] : null);
        if (queue.Count == 0)
        {
            Forget(queue);
        }
        else if (queue.Turn is null)
        {
            queue.Turn = _turns.AddLast(queue);
            _byAddress.Add(queue.Sender, queue);
            _byKey.Add(queue.Key, queue);
        }
    }

    /// <summary>Sends a sender whose account was just looked at to the end of the line.</summary>
    internal void MoveToBack(SenderQueue queue)
    {
        if (queue.Turn is { } turn)
        {
            _turns.Remove(turn);
            _turns.AddLast(turn);
        }
    }

    private void Rank(PooledTransaction pooled, bool isParked)
    {
        if (_worst.Contains(pooled) && pooled.IsParked == isParked)
        {
            return;
        }

        _worst.Remove(pooled);
        pooled.IsParked = isParked;
        _worst.Add(pooled, PoolKey.WorstFirst(pooled));
    }

    private void SetHead(SenderQueue queue, PooledTransaction? head)
    {
        if (ReferenceEquals(head, queue.Head))
        {
            return;
        }

        if (queue.Head is { } old)
        {
            _heads.Remove(old);
        }

        queue.Head = head;
        if (head is not null)
        {
            _heads.Add(head, PoolKey.BestFirst(head));
        }
    }

    private void Forget(SenderQueue queue)
    {
        if (queue.Turn is { } turn)
        {
            _turns.Remove(turn);
            queue.Turn = null;
            _byAddress.Remove(queue.Sender);
            _byKey.Remove(queue.Key);
        }
    }
}
