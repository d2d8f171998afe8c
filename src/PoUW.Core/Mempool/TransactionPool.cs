using PoUW.Core.Accounts;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>
/// Transactions that wait for a block. Bounded by count, bytes and nonces per sender; the cheapest leave when it is full. Follows the
/// chain as an observer: what a block took leaves, what a reorganisation gave back is admitted again, what can no longer pay or has
/// expired is dropped. Thread-safe. Nothing is called back but the chain's rules.
/// </summary>
public sealed class TransactionPool(BlockChain chain, MempoolOptions options) : IChainObserver
{
    private readonly Lock _gate = new();
    private readonly PoolIndex _index = new();
    private ulong _arrivals;

    /// <summary>How many transactions wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _index.Count;
            }
        }
    }

    /// <summary>Bytes of all waiting transactions.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _index.Bytes;
            }
        }
    }

    /// <summary>A waiting transaction by id, or null.</summary>
    public Transaction? Find(Hash256 id)
    {
        lock (_gate)
        {
            return _index.Find(id)?.Transaction;
        }
    }

    /// <summary>The nonce that the sender's next transaction should carry: after the gapless ones that wait already.</summary>
    public ulong NextNonce(Address sender)
    {
        ulong nonce = chain.HeadState.GetAccount(sender).Nonce;
        lock (_gate)
        {
            while (_index.Find(sender, nonce) is not null)
            {
                nonce++;
            }
        }

        return nonce;
    }

    /// <summary>Checks a transaction against the head and the pool, and keeps it.</summary>
    public ValidationResult Admit(Transaction transaction)
    {
        lock (_gate)
        {
            if (_index.Find(transaction.Id) is not null)
            {
                return Fail(ValidationCode.AlreadyKnown, nameof(Transaction.Id), "The transaction waits already.");
            }
        }

        // The dear part, the signature, runs outside the lock.
        ValidationResult form = chain.TransactionRules.Check(transaction, out Address sender);
        if (!form.IsValid)
        {
            return form;
        }

        lock (_gate)
        {
            return Insert(transaction, sender);
        }
    }

    /// <summary>
    /// The best transactions for a block: the highest tip first, each sender's in nonce order without gaps, ties by arrival, as long as
    /// the gas lasts.
    /// </summary>
    public IReadOnlyList<Transaction> Select(ulong gasLimit)
    {
        StateSnapshot state = chain.HeadState;
        List<Transaction> selected = [];
        lock (_gate)
        {
            SortedSet<PooledTransaction> next = FirstOfEachSender(state);
            while (next.Max is { } best)
            {
                next.Remove(best);
                ulong gas = TransactionGas.Of(best.Body);
                if (gas > gasLimit)
                {
                    continue;
                }

                gasLimit -= gas;
                selected.Add(best.Transaction);
                if (_index.Find(best.Sender, best.Body.Nonce + 1) is { } follower)
                {
                    next.Add(follower);
                }
            }
        }

        return selected;
    }

    /// <inheritdoc/>
    public void BlockDetached(Block block)
    {
        foreach (Transaction transaction in block.Transactions)
        {
            // One that the new chain holds too, or has no room for, is refused here, which is what we want.
            Admit(transaction);
        }
    }

    /// <inheritdoc/>
    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        ChainHead head = chain.Head;
        StateSnapshot state = chain.StateAt(head);
        lock (_gate)
        {
            foreach (Address sender in _index.Senders.ToArray())
            {
                Recheck(sender, state.GetAccount(sender), head.Height + 1);
            }
        }
    }

    private ValidationResult Insert(Transaction transaction, Address sender)
    {
        TransactionBody body = transaction.Body;
        ChainHead head = chain.Head;
        Account account = chain.StateAt(head).GetAccount(sender);
        PooledTransaction pooled = new(transaction, sender, TransactionGas.Fee(body, chain.Parameters), _arrivals++);
        PooledTransaction? rival = _index.Find(sender, body.Nonce);
        ValidationResult result = CheckAgainstHead(pooled, account, head.Height + 1, rival);
        if (!result.IsValid)
        {
            return result;
        }

        if (IsHalfFull && rival is null && IsBehindGap(pooled, account.Nonce))
        {
            return Fail(ValidationCode.PoolFull, nameof(body.Nonce), "The pool is half full; the rest of it is for transactions without a gap.");
        }

        if (rival is not null)
        {
            _index.Remove(rival);
        }

        result = MakeRoom(pooled);
        if (result.IsValid)
        {
            _index.Add(pooled);
        }
        else if (rival is not null)
        {
            _index.Add(rival);
        }

        return result;
    }

    // A transaction behind a gap pays nobody while it waits, whatever tip it offers; alone, such ones could fill the pool for nothing.
    private bool IsHalfFull => _index.Count >= options.MaxCount / 2 || _index.Bytes >= options.MaxBytes / 2;

    private bool IsBehindGap(PooledTransaction pooled, ulong nonce)
    {
        while (nonce < pooled.Body.Nonce && _index.Find(pooled.Sender, nonce) is not null)
        {
            nonce++;
        }

        return nonce < pooled.Body.Nonce;
    }

    private ValidationResult CheckAgainstHead(PooledTransaction pooled, Account account, ulong height, PooledTransaction? rival)
    {
        TransactionBody body = pooled.Body;
        if (body.Nonce >= account.Nonce && body.Nonce - account.Nonce >= options.MaxNonceGap)
        {
            return Fail(ValidationCode.NonceTooHigh, nameof(body.Nonce), $"Nonce {body.Nonce} is too far ahead of {account.Nonce}.");
        }

        // A gap is fine here, so the nonce is checked from below only; fees that wait already must be payable together with this one.
        Amount owed = Amount.Zero;
        foreach (PooledTransaction other in _index.Of(pooled.Sender))
        {
            owed = ReferenceEquals(other, rival) ? owed : owed + other.Fee;
        }

        Account asIfNext = account with { Nonce = Math.Max(account.Nonce, body.Nonce) };
        asIfNext = asIfNext.Balance.TrySubtract(owed, out Amount rest) ? asIfNext with { Balance = rest } : asIfNext with { Balance = default };
        ValidationResult result = chain.TransactionRules.CheckAgainst(body, asIfNext, height);
        return result.IsValid && rival is not null ? CheckReplacement(body, rival.Body) : result;
    }

    /// <summary>A replacement must offer at least a tenth more a unit of gas, so that replacing costs something every time.</summary>
    private ValidationResult CheckReplacement(TransactionBody body, TransactionBody old)
    {
        UInt128 baseFee = chain.Parameters.BaseFeePerGas.BaseUnits;
        UInt128 offered = baseFee + body.TipPerGas;
        UInt128 needed = ((baseFee + old.TipPerGas) * 11 / 10) + 1;
        return offered >= needed
            ? ValidationResult.Ok
            : Fail(ValidationCode.FeeTooLow, nameof(body.TipPerGas), $"A replacement must offer {needed} a gas or more, not {offered}.");
    }

    private ValidationResult MakeRoom(PooledTransaction pooled)
    {
        List<PooledTransaction> evicted = [];
        ValidationResult result = Evict(pooled, evicted);
        if (!result.IsValid)
        {
            // Who does not get in must not drive anybody out: that would empty the pool for nothing.
            evicted.ForEach(_index.Add);
        }

        return result;
    }

    private ValidationResult Evict(PooledTransaction pooled, List<PooledTransaction> evicted)
    {
        int size = pooled.Transaction.EncodedLength;
        while (_index.Count >= options.MaxCount || _index.Bytes + size > options.MaxBytes)
        {
            PooledTransaction? worst = _index.ByPriority.FirstOrDefault();
            if (worst is null || worst.Body.TipPerGas >= pooled.Body.TipPerGas)
            {
                return Fail(ValidationCode.PoolFull, nameof(TransactionBody.TipPerGas), "The pool is full of the same tip or more.");
            }

            // The last of that sender leaves rather than the worst itself: a gap would strand the ones behind it.
            PooledTransaction last = _index.Of(worst.Sender)[^1];
            if (last.Sender == pooled.Sender)
            {
                return Fail(ValidationCode.PoolFull, nameof(TransactionBody.TipPerGas), "The pool is full; the sender's own are the cheapest.");
            }

            _index.Remove(last);
            evicted.Add(last);
        }

        return ValidationResult.Ok;
    }

    private SortedSet<PooledTransaction> FirstOfEachSender(StateSnapshot state)
    {
        SortedSet<PooledTransaction> first = [];
        foreach (Address sender in _index.Senders)
        {
            if (_index.Find(sender, state.GetAccount(sender).Nonce) is { } pooled)
            {
                first.Add(pooled);
            }
        }

        return first;
    }

    /// <summary>Drops what was included, has expired, or can no longer be paid after the ones before it.</summary>
    private void Recheck(Address sender, Account account, ulong nextHeight)
    {
        Amount rest = account.Balance;
        bool stranded = false;
        foreach (PooledTransaction pooled in _index.Of(sender))
        {
            bool mined = pooled.Body.Nonce < account.Nonce;
            bool keep = !mined && !stranded && pooled.Body.ExpiryHeight >= nextHeight && rest.TrySubtract(pooled.Fee, out rest);

            // What waits behind one that leaves unmined could never be taken.
            stranded |= !mined && !keep;
            if (!keep)
            {
                _index.Remove(pooled);
            }
        }
    }

    private static ValidationResult Fail(ValidationCode code, string field, string message) => ValidationResult.Fail(code, field, message);
}
