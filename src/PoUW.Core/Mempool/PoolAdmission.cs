using PoUW.Core.Accounts;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>Runs the admission rules and puts what passes into the index.</summary>
internal sealed class PoolAdmission
{
    private readonly BlockChain _chain;
    private readonly MempoolOptions _options;
    private readonly PoolIndex _index;
    private readonly PoolUpkeep _upkeep;
    private readonly MempoolEventQueue _events;
    private readonly RoomPlan _room;
    private readonly IAdmissionRule[] _before;
    private readonly IAdmissionRule[] _after;
    private ulong _arrivals;

    internal PoolAdmission(BlockChain chain, MempoolOptions options, PoolIndex index, PoolUpkeep upkeep, MempoolEventQueue events)
    {
        (_chain, _options, _index, _upkeep, _events) = (chain, options, index, upkeep, events);
        _room = new RoomPlan(index, options);
        IReadOnlyList<IAdmissionRule> rules = AdmissionRules.Default(options);
        _before = [.. rules.Where(rule => rule.Stage == AdmissionStage.BeforeSignature)];
        _after = [.. rules.Where(rule => rule.Stage == AdmissionStage.AfterSignature)];
    }

    /// <summary>The rules that need no lock, then the signature.</summary>
    internal Judgement Screen(Transaction transaction, ChainHead head, bool isKnown, out Address sender)
    {
        sender = default;
        AdmissionContext context = new()
        {
            Transaction = transaction,
            Options = _options,
            Rules = _chain.TransactionRules,
            Parameters = _chain.Parameters,
            NextHeight = head.Height + 1,
            IsKnown = isKnown,
        };
        Judgement judgement = Ask(_before, in context);
        if (!judgement.Result.IsValid)
        {
            return judgement;
        }

        ValidationResult signature = _chain.TransactionRules.CheckSignature(transaction, out sender);
        return signature.IsValid ? Judgement.Ok : new Judgement(signature, AdmissionRules.SignatureName);
    }

    /// <summary>The other rules; what passes is in the pool then, and what it pushed out is not. Under the pool's lock.</summary>
    internal Judgement Keep(in Candidate candidate)
    {
        // A head that comes later than this look at it is told to the pool later, and its senders are looked at again then.
        ChainHead head = _chain.Head;
        Account account = ReferenceEquals(head, candidate.Head) ? candidate.Account : _upkeep.AccountAt(head, candidate.Sender);
        SenderQueue? queue = _index.Find(candidate.Sender);
        if (queue is not null && !ReferenceEquals(queue.CheckedAt, head))
        {
            _upkeep.Refresh(queue, account, head);
        }

        queue = _index.Find(candidate.Sender) ?? new SenderQueue(candidate.Sender, SenderKey.Of(candidate.Transaction.Body))
        {
            Account = account,
            CheckedAt = head,
            Round = _upkeep.Round,
        };
        PooledTransaction? rival = queue.Find(candidate.Transaction.Body.Nonce);
        AdmissionContext context = Describe(in candidate, head, queue, rival);
        Judgement judgement = Ask(_after, in context);
        if (judgement.Result.IsValid)
        {
            Insert(in context, queue, rival);
        }

        return judgement;
    }

    private static Judgement Ask(IAdmissionRule[] rules, in AdmissionContext context)
    {
        foreach (IAdmissionRule rule in rules)
        {
            ValidationResult result = rule.Check(in context);
            if (!result.IsValid)
            {
                return new Judgement(result, rule.Name);
            }
        }

        return Judgement.Ok;
    }

    private AdmissionContext Describe(in Candidate candidate, ChainHead head, SenderQueue queue, PooledTransaction? rival)
    {
        Transaction transaction = candidate.Transaction;
        TransactionBody body = transaction.Body;
        return new AdmissionContext
        {
            Transaction = transaction,
            Options = _options,
            Rules = _chain.TransactionRules,
            Parameters = _chain.Parameters,
            NextHeight = head.Height + 1,
            IsKnown = _index.Find(transaction.Id) is not null,
            Sender = candidate.Sender,
            Account = queue.Account,
            Fee = TransactionGas.Fee(body, _chain.Parameters),
            Size = PooledTransaction.SizeOf(transaction),
            Replaced = rival?.Transaction,
            SenderCount = queue.Count - (rival is null ? 0 : 1),
            SenderBytes = queue.Bytes - (rival?.Size ?? 0),
            SenderFees = queue.Fees - (rival?.Fee ?? Amount.Zero),
            IsBehindGap = queue.IsBehindGap(body.Nonce),
            OfferedTip = queue.LowestTipUpTo(body.Nonce, body.TipPerGas),
            IsHalfFull = _index.Count >= _options.MaxCount / 2 || _index.Bytes >= _options.MaxBytes / 2,
            Room = _room,
        };
    }

    private void Insert(in AdmissionContext context, SenderQueue queue, PooledTransaction? rival)
    {
        foreach (PooledTransaction victim in _room.Victims)
        {
            Remove(victim, RemovalReason.Evicted);
            _index.Settle(victim.Queue);
        }

        if (rival is not null)
        {
            Remove(rival, RemovalReason.Replaced);
        }

        _index.Put(new PooledTransaction(context.Transaction, queue, context.Fee, _arrivals++));
        _index.Settle(queue);
        _events.Added(context.Transaction);
    }

    private void Remove(PooledTransaction pooled, RemovalReason reason)
    {
        _index.Take(pooled);
        _events.Removed(pooled.Transaction, reason);
    }
}
