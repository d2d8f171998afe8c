using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>A transaction in the pool. Arrival numbers break ties, so no order depends on hash tables. Changed under the pool's lock only.</summary>
internal sealed class PooledTransaction(Transaction transaction, SenderQueue queue, Amount fee, ulong arrival)
{
    /// <summary>
    /// Memory beside the bytes of encoding and payload: the objects of transaction and body, keys, hashes, the index nodes, and a share of
    /// the sender's queue as if each sender had one transaction. Rounded up; a test compares it with the collector's count.
    /// </summary>
    internal const int OverheadBytes = 1_536;

    /// <summary>Kept by the heaps; a field, because they change it in place.</summary>
    internal HeapPlaces Places;

    internal Transaction Transaction { get; } = transaction;

    internal SenderQueue Queue { get; } = queue;

    internal Amount Fee { get; } = fee;

    internal ulong Arrival { get; } = arrival;

    internal long Size { get; } = SizeOf(transaction);

    internal TransactionBody Body => Transaction.Body;

    /// <summary>True while a nonce before this one is missing; kept by the index.</summary>
    internal bool IsParked { get; set; }

    /// <summary>The last round of <see cref="PoolUpkeep"/> whose block held it.</summary>
    internal ulong IncludedIn { get; set; }

    /// <summary>Encoding and payload are two arrays.</summary>
    internal static long SizeOf(Transaction transaction) => transaction.EncodedLength + transaction.Body.Payload.Length + OverheadBytes;
}
