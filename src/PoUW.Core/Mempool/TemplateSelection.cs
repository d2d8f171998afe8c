using PoUW.Core.Accounts;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// Picks transactions for a block on a head: the highest tip first, each sender's in nonce order. Whoever was not rechecked since the
/// head changed is checked against its state here. The cost grows with what is picked, not with the pool. Used once, under the pool's lock.
/// </summary>
internal sealed class TemplateSelection(ChainHead head, StateSnapshot state, ulong gasLimit)
{
    // A transaction that no longer fits is left out with all of its sender's; the search for smaller ones must end.
    private const int MaxMisfits = 256;

    private readonly List<Transaction> _selected = [];
    private readonly PriorityQueue<Candidate, PoolKey> _next = new();
    private ulong _gas = gasLimit;
    private int _misfits;

    internal List<Transaction> Run(IEnumerable<PooledTransaction> headsBestFirst)
    {
        using IEnumerator<PooledTransaction> heads = headsBestFirst.GetEnumerator();
        bool more = heads.MoveNext();
        while (_gas >= TransactionGas.PerTransaction && _misfits < MaxMisfits)
        {
            bool fromNext = _next.TryPeek(out Candidate candidate, out PoolKey best)
                && (!more || best.CompareTo(PoolKey.BestFirst(heads.Current)) < 0);
            if (fromNext)
            {
                _next.Dequeue();
                Consider(candidate);
            }
            else if (more)
            {
                Offer(heads.Current.Queue);
                more = heads.MoveNext();
            }
            else
            {
                break;
            }
        }

        return _selected;
    }

    /// <summary>Puts a sender's next transaction in the line.</summary>
    private void Offer(SenderQueue queue)
    {
        Account account = ReferenceEquals(queue.CheckedAt, head) ? queue.Account : state.GetAccount(queue.Sender);
        Enqueue(queue, account.Nonce, account.Balance);
    }

    private void Consider(Candidate candidate)
    {
        TransactionBody body = candidate.Pooled.Body;
        if (body.ExpiryHeight <= head.Height || !candidate.Balance.TrySubtract(candidate.Pooled.Fee, out Amount rest))
        {
            return;
        }

        ulong gas = TransactionGas.Of(body);
        if (gas > _gas)
        {
            _misfits++;
            return;
        }

        _gas -= gas;
        _selected.Add(candidate.Pooled.Transaction);
        Enqueue(candidate.Pooled.Queue, body.Nonce + 1, rest);
    }

    private void Enqueue(SenderQueue queue, ulong nonce, Amount balance)
    {
        if (queue.Find(nonce) is { } pooled)
        {
            _next.Enqueue(new Candidate(pooled, balance), PoolKey.BestFirst(pooled));
        }
    }

    private readonly record struct Candidate(PooledTransaction Pooled, Amount Balance);
}
