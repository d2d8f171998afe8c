using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Tests.Mempool;

/// <summary>Keeps the set of transactions that the events describe, and fails on an event that contradicts it.</summary>
internal sealed class PoolRecorder : IMempoolObserver
{
    private int _inside;

    internal HashSet<Hash256> Waiting { get; } = [];

    internal List<(Hash256 Id, RemovalReason? Reason)> Heard { get; } = [];

    internal Action<Transaction>? OnAdded { get; set; }

    public void Added(Transaction transaction)
    {
        Assert.That(Interlocked.Increment(ref _inside), Is.EqualTo(1), "one call at a time");
        Assert.That(Waiting.Add(transaction.Id), Is.True, "added twice");
        Heard.Add((transaction.Id, null));
        OnAdded?.Invoke(transaction);
        Interlocked.Decrement(ref _inside);
    }

    public void Removed(Transaction transaction, RemovalReason reason)
    {
        Assert.That(Interlocked.Increment(ref _inside), Is.EqualTo(1), "one call at a time");
        Assert.That(Waiting.Remove(transaction.Id), Is.True, "removed what was not there");
        Heard.Add((transaction.Id, reason));
        Interlocked.Decrement(ref _inside);
    }
}
