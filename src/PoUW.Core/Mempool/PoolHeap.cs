namespace PoUW.Core.Mempool;

/// <summary>
/// Transactions by a key, the smallest first: a heap with four children a node that knows where each transaction lies, so that any can be
/// removed in logarithmic time. Keys lie in the array, so that moves touch little memory. Not thread-safe.
/// </summary>
/// <param name="number">The heap's own place in <see cref="HeapPlaces"/>.</param>
internal sealed class PoolHeap(int number)
{
    private const int Arity = 4;

    private (PoolKey Key, PooledTransaction Item)[] _nodes = new (PoolKey, PooledTransaction)[Arity];

    internal int Count { get; private set; }

    /// <summary>The transaction with the smallest key; null if the heap is empty.</summary>
    internal PooledTransaction? First => Count > 0 ? _nodes[0].Item : null;

    internal bool Contains(PooledTransaction item) => item.Places[number] != 0;

    internal void Add(PooledTransaction item, PoolKey key)
    {
        if (Count == _nodes.Length)
        {
            Array.Resize(ref _nodes, Count * 2);
        }

        Rise(Count++, (key, item));
    }

    /// <summary>Removes a transaction; nothing happens if it is not there.</summary>
    internal void Remove(PooledTransaction item)
    {
        int at = item.Places[number] - 1;
        if (at < 0)
        {
            return;
        }

        item.Places[number] = 0;
        (PoolKey Key, PooledTransaction Item) last = _nodes[--Count];
        _nodes[Count] = default;
        if (at < Count)
        {
            Rise(Sink(at, last), last);
        }
    }

    /// <summary>All transactions in the order of their keys. Each step costs the logarithm of the steps so far; the heap must not change meanwhile.</summary>
    internal IEnumerable<PooledTransaction> InOrder()
    {
        PriorityQueue<int, PoolKey> front = new();
        Reach(front, 0);
        while (front.TryDequeue(out int at, out _))
        {
            yield return _nodes[at].Item;
            for (int child = (at * Arity) + 1; child <= (at * Arity) + Arity; child++)
            {
                Reach(front, child);
            }
        }
    }

    private void Reach(PriorityQueue<int, PoolKey> front, int at)
    {
        if (at < Count)
        {
            front.Enqueue(at, _nodes[at].Key);
        }
    }

    private void Rise(int at, (PoolKey Key, PooledTransaction Item) node)
    {
        while (at > 0 && node.Key.CompareTo(_nodes[(at - 1) / Arity].Key) < 0)
        {
            Put(at, _nodes[(at - 1) / Arity]);
            at = (at - 1) / Arity;
        }

        Put(at, node);
    }

    /// <summary>Moves smaller children up until the node may lie where this returns.</summary>
    private int Sink(int at, (PoolKey Key, PooledTransaction Item) node)
    {
        while (true)
        {
            int smallest = SmallestChild(at);
            if (smallest < 0 || node.Key.CompareTo(_nodes[smallest].Key) <= 0)
            {
                return at;
            }

            Put(at, _nodes[smallest]);
            at = smallest;
        }
    }

    private int SmallestChild(int at)
    {
        int first = (at * Arity) + 1;
        int smallest = first < Count ? first : -1;
        for (int child = first + 1; child < Math.Min(first + Arity, Count); child++)
        {
            smallest = _nodes[child].Key.CompareTo(_nodes[smallest].Key) < 0 ? child : smallest;
        }

        return smallest;
    }

    private void Put(int at, (PoolKey Key, PooledTransaction Item) node)
    {
        _nodes[at] = node;
        node.Item.Places[number] = at + 1;
    }
}
