using PoUW.Core.Accounts;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Mempool;

/// <summary>What a pool must hold, written down as plainly as possible: one list, searched and sorted anew for every question.</summary>
internal sealed class PoolModel(BlockChain chain, MempoolOptions options)
{
    private readonly List<Entry> _entries = [];
    private ulong _arrivals;

    private NetworkParameters Parameters => chain.Parameters;

    private ulong NextHeight => chain.Head.Height + 1;

    internal int Count => _entries.Count;

    internal long Bytes => _entries.Sum(entry => TransactionPool.SizeOf(entry.Transaction));

    /// <summary>All transactions, the first to be pushed out at the end.</summary>
    internal IEnumerable<Transaction> List() => WorstFirst(_entries).Reverse().Select(entry => entry.Transaction);

    internal ValidationCode Admit(Transaction transaction)
    {
        ValidationResult form = chain.TransactionRules.CheckForm(transaction.Body);
        TransactionBody body = transaction.Body;
        if (_entries.Any(entry => entry.Transaction.Id == transaction.Id))
        {
            return ValidationCode.AlreadyKnown;
        }

        if (!form.IsValid)
        {
            return form.Code;
        }

        if (body.ExpiryHeight < NextHeight)
        {
            return ValidationCode.Expired;
        }

        if (body.ExpiryHeight - NextHeight < options.MinBlocksToExpiry)
        {
            return ValidationCode.ExpiresTooSoon;
        }

        if (body.TipPerGas < options.MinTipPerGas)
        {
            return ValidationCode.TipTooLow;
        }

        ValidationResult signature = chain.TransactionRules.CheckSignature(transaction, out Address sender);
        return signature.IsValid ? AdmitSigned(new Entry(transaction, sender, TransactionGas.Fee(body, Parameters), _arrivals)) : signature.Code;
    }

    /// <summary>The head has changed; these blocks left, from the old head down.</summary>
    internal void Follow(IEnumerable<Block> detached)
    {
        foreach (Address sender in _entries.Select(entry => entry.Sender).Distinct().ToArray())
        {
            Recheck(sender);
        }

        foreach (Transaction transaction in detached.Reverse().SelectMany(block => block.Transactions))
        {
            if (chain.FindTransaction(transaction.Id) is null)
            {
                Admit(transaction);
            }
        }
    }

    internal IEnumerable<Transaction> Select(ulong gas)
    {
        StateSnapshot state = chain.HeadState;
        Dictionary<Address, Account> accounts = _entries.Select(entry => entry.Sender).Distinct().ToDictionary(sender => sender, state.GetAccount);
        while (true)
        {
            Entry? best = _entries.Where(entry => accounts.TryGetValue(entry.Sender, out Account account)
                    && account.Nonce == entry.Nonce && account.Balance >= entry.Fee && entry.Transaction.Body.ExpiryHeight >= NextHeight)
                .OrderByDescending(entry => entry.Tip).ThenBy(entry => entry.Arrival).FirstOrDefault();
            if (best is null)
            {
                yield break;
            }

            ulong needed = TransactionGas.Of(best.Transaction.Body);
            if (needed > gas)
            {
                accounts.Remove(best.Sender);
                continue;
            }

            gas -= needed;
            Account before = accounts[best.Sender];
            accounts[best.Sender] = new Account(before.Nonce + 1, before.Balance - best.Fee);
            yield return best.Transaction;
        }
    }

    private ValidationCode AdmitSigned(Entry entry)
    {
        Account account = chain.HeadState.GetAccount(entry.Sender);
        if (entry.Nonce < account.Nonce)
        {
            return ValidationCode.NonceTooLow;
        }

        if (entry.Nonce - account.Nonce >= options.MaxNonceGap)
        {
            return ValidationCode.NonceTooHigh;
        }

        Entry? rival = _entries.Find(other => other.Sender == entry.Sender && other.Nonce == entry.Nonce);
        UInt128 baseFee = Parameters.BaseFeePerGas.BaseUnits;
        if (rival is not null && baseFee + entry.Tip < ((baseFee + rival.Tip) * 11 / 10) + 1)
        {
            return ValidationCode.ReplacementTooCheap;
        }

        Entry[] others = [.. _entries.Where(other => other.Sender == entry.Sender && other != rival)];
        if (others.Length >= options.MaxSenderCount || others.Sum(other => other.Size) + entry.Size > options.MaxSenderBytes)
        {
            return ValidationCode.SenderLimit;
        }

        if (others.Aggregate(entry.Fee, (sum, other) => sum + other.Fee) > account.Balance)
        {
            return ValidationCode.InsufficientBalance;
        }

        bool behindGap = IsParked(entry, _entries);
        if (behindGap && rival is null && (Count >= options.MaxCount / 2 || Bytes >= options.MaxBytes / 2))
        {
            return ValidationCode.BehindGap;
        }

        ulong offer = others.Where(other => other.Nonce < entry.Nonce).Select(other => other.Tip).Append(entry.Tip).Min();
        List<Entry>? remaining = WithRoomFor(entry, rival, behindGap, offer);
        if (remaining is null)
        {
            return ValidationCode.PoolFull;
        }

        _entries.Clear();
        _entries.AddRange(remaining.Append(entry));
        _arrivals++;
        return ValidationCode.Ok;
    }

    private List<Entry>? WithRoomFor(Entry entry, Entry? rival, bool behindGap, ulong offer)
    {
        List<Entry> left = [.. _entries.Where(other => other != rival)];
        while (left.Count >= options.MaxCount || left.Sum(other => other.Size) + entry.Size > options.MaxBytes)
        {
            // Who replaces must beat the others too, and the one to be replaced is his own.
            List<Entry> all = rival is null ? left : [.. left, rival];
            Entry worst = WorstFirst(all).First();
            bool worstParked = IsParked(worst, all);
            bool better = behindGap == worstParked ? offer > worst.Tip : worstParked;
            if (!better || (worst.Sender == entry.Sender && worst.Nonce <= entry.Nonce))
            {
                return null;
            }

            left.Remove(left.Where(other => other.Sender == worst.Sender).MaxBy(other => other.Nonce)!);
        }

        return left;
    }

    private void Recheck(Address sender)
    {
        Account account = chain.HeadState.GetAccount(sender);
        Amount rest = account.Balance;
        bool stranded = false;
        foreach (Entry entry in _entries.Where(entry => entry.Sender == sender).OrderBy(entry => entry.Nonce).ToArray())
        {
            bool used = entry.Nonce < account.Nonce;
            bool keep = !used && !stranded && entry.Transaction.Body.ExpiryHeight >= NextHeight && rest.TrySubtract(entry.Fee, out rest);
            stranded |= !used && !keep;
            if (!keep)
            {
                _entries.Remove(entry);
            }
        }
    }

    private bool IsParked(Entry entry, List<Entry> all)
    {
        ulong nonce = chain.HeadState.GetAccount(entry.Sender).Nonce;
        while (nonce < entry.Nonce && all.Exists(other => other.Sender == entry.Sender && other.Nonce == nonce))
        {
            nonce++;
        }

        return nonce < entry.Nonce;
    }

    private IEnumerable<Entry> WorstFirst(List<Entry> entries)
    {
        return entries.OrderByDescending(entry => IsParked(entry, entries)).ThenBy(entry => entry.Tip).ThenByDescending(entry => entry.Arrival);
    }

    private sealed record Entry(Transaction Transaction, Address Sender, Amount Fee, ulong Arrival)
    {
        internal ulong Nonce => Transaction.Body.Nonce;

        internal ulong Tip => Transaction.Body.TipPerGas;

        internal long Size => TransactionPool.SizeOf(Transaction);
    }
}
