using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// Hears what enters and leaves a pool. The calls come one at a time and in exact order, outside of the pool's lock, so an observer may
/// call the pool, even <see cref="TransactionPool.Admit"/>; what that changes is told after the current call. The pool may be ahead of
/// the call. An observer hears of everything that changed after it was subscribed; it must return soon and must not throw.
/// </summary>
public interface IMempoolObserver
{
    /// <summary>A transaction was admitted. What it pushed out was told before.</summary>
    void Added(Transaction transaction);

    /// <summary>A transaction left.</summary>
    void Removed(Transaction transaction, RemovalReason reason);
}
