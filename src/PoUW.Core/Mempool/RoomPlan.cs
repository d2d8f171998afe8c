namespace PoUW.Core.Mempool;

/// <summary>
/// What must leave a full pool so that a transaction finds room: always the last of the sender of the worst transaction, rather than the
/// worst itself, since a gap would strand the ones behind it. Who fills a gap may so cost the same sender's last, which waits behind it.
/// Who does not find room drives nobody out. Used under the pool's lock; one plan at a time.
/// </summary>
internal sealed class RoomPlan(PoolIndex index, MempoolOptions options)
{
    private readonly List<PooledTransaction> _victims = [];
    private readonly HashSet<PooledTransaction> _isVictim = [];

    /// <summary>What leaves, in this order, if the last call of <see cref="TryPlan"/> found room.</summary>
    internal IReadOnlyList<PooledTransaction> Victims => _victims;

    /// <summary>Finds what must leave; changes nothing in the pool.</summary>
    /// <returns>False if it would not be enough, or would cost a transaction that offers as much, or one that must be mined before.</returns>
    internal bool TryPlan(in AdmissionContext context)
    {
        _victims.Clear();
        _isVictim.Clear();
        bool replaces = context.Replaced is not null;
        int count = index.Count + (replaces ? 0 : 1);
        long bytes = index.Bytes + context.Size - (replaces ? PooledTransaction.SizeOf(context.Replaced!) : 0);
        if (count <= options.MaxCount && bytes <= options.MaxBytes)
        {
            return true;
        }

        foreach (PooledTransaction worst in index.WorstFirst)
        {
            while (!_isVictim.Contains(worst))
            {
                // Who replaces must beat the others too, and the one to be replaced leaves anyway.
                if (!Outbids(in context, worst) || (worst.Queue.Sender == context.Sender && worst.Body.Nonce <= context.Body.Nonce))
                {
                    return false;
                }

                PooledTransaction last = LastOf(worst.Queue);
                _victims.Add(last);
                _isVictim.Add(last);
                (count, bytes) = (count - 1, bytes - last.Size);
                if (count <= options.MaxCount && bytes <= options.MaxBytes)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Outbids(in AdmissionContext context, PooledTransaction worst)
    {
        return context.IsBehindGap == worst.IsParked ? context.OfferedTip > worst.Body.TipPerGas : worst.IsParked;
    }

    private PooledTransaction LastOf(SenderQueue queue)
    {
        int last = queue.Count - 1;
        while (_isVictim.Contains(queue[last]))
        {
            last--;
        }

        return queue[last];
    }
}
