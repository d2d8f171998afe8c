using PoUW.Core.Primitives;

namespace PoUW.Core.Mempool;

/// <summary>The pool's transactions by id, by sender and nonce, and by priority, always in step. Not thread-safe.</summary>
internal sealed class PoolIndex
{
    private readonly Dictionary<Hash256, PooledTransaction> _byId = [];
    private readonly SortedDictionary<Address, SortedDictionary<ulong, PooledTransaction>> _bySender = [];
    private readonly SortedSet<PooledTransaction> _byPriority = [];

    internal int Count => _byId.Count;

    internal long Bytes { get; private set; }

    /// <summary>All transactions, worst first.</summary>
    internal IReadOnlyCollection<PooledTransaction> ByPriority => _byPriority;

    internal IEnumerable<Address> Senders => _bySender.Keys;

    internal PooledTransaction? Find(Hash256 id) => _byId.GetValueOrDefault(id);

    internal PooledTransaction? Find(Address sender, ulong nonce) => _bySender.GetValueOrDefault(sender)?.GetValueOrDefault(nonce);

    /// <summary>A sender's transactions in nonce order; a copy.</summary>
    internal IReadOnlyList<PooledTransaction> Of(Address sender)
    {
        return _bySender.TryGetValue(sender, out SortedDictionary<ulong, PooledTransaction>? queue) ? [.. queue.Values] : [];
    }

    internal void Add(PooledTransaction pooled)
    {
        if (!_bySender.TryGetValue(pooled.Sender, out SortedDictionary<ulong, PooledTransaction>? queue))
        {
            _bySender[pooled.Sender] = queue = [];
        }

        queue.Add(pooled.Body.Nonce, pooled);
        _byId.Add(pooled.Transaction.Id, pooled);
        _byPriority.Add(pooled);
        Bytes += pooled.Transaction.EncodedLength;
    }

    internal void Remove(PooledTransaction pooled)
    {
        SortedDictionary<ulong, PooledTransaction> queue = _bySender[pooled.Sender];
        queue.Remove(pooled.Body.Nonce);
        if (queue.Count == 0)
        {
            _bySender.Remove(pooled.Sender);
        }

        _byId.Remove(pooled.Transaction.Id);
        _byPriority.Remove(pooled);
        Bytes -= pooled.Transaction.EncodedLength;
    }
}
