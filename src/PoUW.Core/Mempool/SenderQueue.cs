using PoUW.Core.Accounts;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;

namespace PoUW.Core.Mempool;

/// <summary>
/// One sender's transactions in nonce order, and what is known of its account. Changed by the <see cref="PoolIndex"/> and under the
/// pool's lock only.
/// </summary>
internal sealed class SenderQueue(Address sender, SenderKey key)
{
    private readonly List<PooledTransaction> _entries = [];

    internal Address Sender { get; } = sender;

    internal SenderKey Key { get; } = key;

    /// <summary>The account when it was last looked at.</summary>
    internal Account Account { get; set; }

    /// <summary>The head at which it was.</summary>
    internal ChainHead? CheckedAt { get; set; }

    /// <summary>The round of <see cref="PoolUpkeep"/> in which it was.</summary>
    internal ulong Round { get; set; }

    /// <summary>The place among those who wait for a check; null before the index knows the queue and after it forgot it.</summary>
    internal LinkedListNode<SenderQueue>? Turn { get; set; }

    /// <summary>The transaction that a block could take next, as the index ranks it; null if there is none.</summary>
    internal PooledTransaction? Head { get; set; }

    internal int Count => _entries.Count;

    internal long Bytes { get; private set; }

    internal Amount Fees { get; private set; }

    internal PooledTransaction this[int index] => _entries[index];

    internal PooledTransaction? Find(ulong nonce)
    {
        int at = PositionOf(nonce);
        return at < _entries.Count && _entries[at].Body.Nonce == nonce ? _entries[at] : null;
    }

    /// <summary>How many transactions from the account's nonce on follow each other without a gap.</summary>
    internal int CountReady()
    {
        int ready = 0;
        while (ready < _entries.Count && _entries[ready].Body.Nonce - Account.Nonce == (ulong)ready)
        {
            ready++;
        }

        return ready;
    }

    /// <summary>True if a nonce from the account's up to (excluding) this one is missing.</summary>
    internal bool IsBehindGap(ulong nonce) => nonce > Account.Nonce && (ulong)PositionOf(nonce) != nonce - Account.Nonce;

    /// <summary>The lowest tip of those that must be mined before this nonce, or <paramref name="tip"/> if that is lower.</summary>
    internal ulong LowestTipUpTo(ulong nonce, ulong tip)
    {
        for (int i = 0; i < _entries.Count && _entries[i].Body.Nonce < nonce; i++)
        {
            tip = Math.Min(tip, _entries[i].Body.TipPerGas);
        }

        return tip;
    }

    internal void Insert(PooledTransaction pooled)
    {
        _entries.Insert(PositionOf(pooled.Body.Nonce), pooled);
        Bytes += pooled.Size;
        Fees += pooled.Fee;
    }

    internal void Remove(PooledTransaction pooled)
    {
        _entries.RemoveAt(PositionOf(pooled.Body.Nonce));
        Bytes -= pooled.Size;
        Fees -= pooled.Fee;
    }

    /// <summary>The position of the first transaction whose nonce is not below this one.</summary>
    private int PositionOf(ulong nonce)
    {
        (int low, int high) = (0, _entries.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_entries[middle].Body.Nonce < nonce)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
