using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>A transaction in the pool; arrival numbers break ties, so the order never depends on hash tables.</summary>
internal sealed record PooledTransaction(Transaction Transaction, Address Sender, Amount Fee, ulong Arrival) : IComparable<PooledTransaction>
{
    internal TransactionBody Body => Transaction.Body;

    /// <summary>Worst first: the lowest tip, and among equals the latest arrival.</summary>
    public int CompareTo(PooledTransaction? other)
    {
        int order = Body.TipPerGas.CompareTo(other!.Body.TipPerGas);
        return order != 0 ? order : other.Arrival.CompareTo(Arrival);
    }
}
