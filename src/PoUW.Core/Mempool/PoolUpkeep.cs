using PoUW.Core.Accounts;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Mempool;

/// <summary>
/// Keeps a pool in step with the chain. The senders of a block's transactions are looked at for every block; all others in turn, as long
/// as a budget lasts. States are read outside of the pool's lock. Blocks come from one thread at a time.
/// </summary>
internal sealed class PoolUpkeep(BlockChain chain, MempoolOptions options, PoolIndex index, MempoolEventQueue events, Lock gate)
{
    /// <summary>One more with each block; changed under the lock.</summary>
    internal ulong Round { get; private set; } = 1;

    /// <summary>The account of a sender at a head.</summary>
    internal Account AccountAt(ChainHead head, Address sender) => chain.StateAt(head).GetAccount(sender);

    /// <summary>Brings the senders of a block that joined, of blocks that left, and of what has expired up to date.</summary>
    internal void Follow(IReadOnlyList<Block> detached, Block attached)
    {
        StartRound(attached);
        RefreshSendersOf(attached);
        foreach (Block block in detached)
        {
            RefreshSendersOf(block);
        }

        RefreshExpired();
    }

    /// <summary>Brings senders up to date, the one that has waited longest first, until the budget is spent; at least one.</summary>
    /// <returns>How long it took.</returns>
    internal TimeSpan RefreshInTurn()
    {
        long start = options.Time.GetTimestamp();
        while (NextInTurn() is { } queue)
        {
            ReadAndRefresh(queue);
            if (options.Time.GetElapsedTime(start) >= options.RecheckBudget)
            {
                break;
            }
        }

        return options.Time.GetElapsedTime(start);
    }

    /// <summary>
    /// Drops what the account has used up, what has expired, what can no longer be paid after the ones before it, and what waits behind
    /// one of the latter two, which no block could take. Under the lock.
    /// </summary>
    internal void Refresh(SenderQueue queue, Account account, ChainHead head)
    {
        (queue.Account, queue.CheckedAt, queue.Round) = (account, head, Round);
        index.MoveToBack(queue);
        Amount rest = account.Balance;
        bool stranded = false;
        int at = 0;
        while (at < queue.Count)
        {
            PooledTransaction pooled = queue[at];
            if (Objection(pooled, account.Nonce, head.Height + 1, stranded, ref rest) is not { } reason)
            {
                at++;
                continue;
            }

            stranded |= pooled.Body.Nonce >= account.Nonce;
            index.Take(pooled);
            events.Removed(pooled.Transaction, reason);
        }

        index.Settle(queue);
    }

    private RemovalReason? Objection(PooledTransaction pooled, ulong nonce, ulong height, bool stranded, ref Amount rest)
    {
        if (pooled.Body.Nonce < nonce)
        {
            // The head may be ahead of the block that is told, so what is not in the block may be in a later one.
            bool included = pooled.IncludedIn == Round || chain.FindTransaction(pooled.Transaction.Id) is not null;
            return included ? RemovalReason.Included : RemovalReason.Superseded;
        }

        if (stranded)
        {
            return RemovalReason.Stranded;
        }

        if (pooled.Body.ExpiryHeight < height)
        {
            return RemovalReason.Expired;
        }

        return rest.TrySubtract(pooled.Fee, out rest) ? null : RemovalReason.Unpayable;
    }

    private void StartRound(Block attached)
    {
        lock (gate)
        {
            Round++;
            foreach (Transaction transaction in attached.Transactions)
            {
                if (index.Find(transaction.Id) is { } pooled)
                {
                    pooled.IncludedIn = Round;
                }
            }
        }
    }

    private void RefreshSendersOf(Block block)
    {
        foreach (Transaction transaction in block.Transactions)
        {
            SenderQueue? queue;
            lock (gate)
            {
                queue = index.Find(SenderKey.Of(transaction.Body));
                queue = queue?.Round == Round ? null : queue;
            }

            if (queue is not null)
            {
                ReadAndRefresh(queue);
            }
        }
    }

    private void RefreshExpired()
    {
        while (true)
        {
            SenderQueue queue;
            lock (gate)
            {
                if (index.FirstToExpire is not { } first || first.Body.ExpiryHeight > chain.Head.Height)
                {
                    return;
                }

                queue = first.Queue;
            }

            ReadAndRefresh(queue);
        }
    }

    private SenderQueue? NextInTurn()
    {
        lock (gate)
        {
            return index.LongestUnchecked is { } queue && queue.Round != Round ? queue : null;
        }
    }

    private void ReadAndRefresh(SenderQueue queue)
    {
        ChainHead head = chain.Head;
        Account account = AccountAt(head, queue.Sender);
        lock (gate)
        {
            // The chain may have moved on meanwhile, and an admission may have seen it.
            ChainHead now = chain.Head;
            Refresh(queue, ReferenceEquals(now, head) ? account : AccountAt(now, queue.Sender), now);
        }
    }
}
