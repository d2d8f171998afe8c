using PoUW.Core.Accounts;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>
/// Transactions that wait for a block. What may enter is decided by an ordered list of <see cref="AdmissionRules"/>; bounded by count and
/// memory, in total and for each sender, the cheapest leave when it is full. Follows the chain as an observer: what a block took leaves at
/// once, what a reorganisation gave back competes for admission again, and all others are rechecked in turn under a time budget a block.
/// Tells its observers of every change in exact order. Thread-safe; signatures are verified outside of the lock.
/// </summary>
public sealed class TransactionPool : IChainObserver
{
    // So many admissions of a batch share one turn of the lock.
    private const int GroupSize = 64;

    private readonly Lock _gate = new();
    private readonly PoolIndex _index = new();
    private readonly BlockChain _chain;
    private readonly MempoolMetrics _metrics;
    private readonly MempoolEventQueue _events;
    private readonly PoolUpkeep _upkeep;
    private readonly PoolAdmission _admission;
    private readonly List<Block> _detached = [];
    private int _detachedTransactions;

    /// <summary>An empty pool. Subscribe it to the chain, before what builds blocks from it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit makes no sense.</exception>
    public TransactionPool(BlockChain chain, MempoolOptions options)
    {
        options.Validate();
        _chain = chain;
        Options = options;
        _metrics = new MempoolMetrics(options.Node);
        _events = new MempoolEventQueue(_metrics);
        _upkeep = new PoolUpkeep(chain, options, _index, _events, _gate);
        _admission = new PoolAdmission(chain, options, _index, _upkeep, _events);
    }

    /// <summary>The limits.</summary>
    public MempoolOptions Options { get; }

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

    /// <summary>The memory that waiting transactions take, in bytes: the sum of their <see cref="SizeOf"/>.</summary>
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

    /// <summary>The memory that a transaction takes in a pool, in bytes: its encoding, its payload, and a fixed overhead.</summary>
    public static long SizeOf(Transaction transaction) => PooledTransaction.SizeOf(transaction);

    /// <summary>A waiting transaction by id, or null.</summary>
    public Transaction? Find(Hash256 id)
    {
        lock (_gate)
        {
            return _index.Find(id)?.Transaction;
        }
    }

    /// <summary>A sender's waiting transactions in nonce order.</summary>
    public IReadOnlyList<Transaction> OfSender(Address sender)
    {
        List<Transaction> found = [];
        lock (_gate)
        {
            SenderQueue? queue = _index.Find(sender);
            for (int i = 0; i < (queue?.Count ?? 0); i++)
            {
                found.Add(queue![i].Transaction);
            }
        }

        return found;
    }

    /// <summary>All waiting transactions, the last to be pushed out first: those behind a gap at the end, else by tip, then by arrival.</summary>
    public IReadOnlyList<Transaction> List()
    {
        List<Transaction> all;
        lock (_gate)
        {
            all = new(_index.Count);
            foreach (PooledTransaction pooled in _index.WorstFirst)
            {
                all.Add(pooled.Transaction);
            }
        }

        all.Reverse();
        return all;
    }

    /// <summary>The nonce that the sender's next transaction should carry: after the gapless ones that wait already.</summary>
    public ulong NextNonce(Address sender)
    {
        ulong nonce = _chain.HeadState.GetAccount(sender).Nonce;
        lock (_gate)
        {
            SenderQueue? queue = _index.Find(sender);
            while (queue?.Find(nonce) is not null)
            {
                nonce++;
            }
        }

        return nonce;
    }

    /// <summary>Adds an observer; it hears what happens from now on.</summary>
    public void Subscribe(IMempoolObserver observer) => _events.Subscribe(observer);

    /// <summary>Removes an observer; a call that has begun may still end.</summary>
    public void Unsubscribe(IMempoolObserver observer) => _events.Unsubscribe(observer);

    /// <summary>
    /// Checks a transaction by the rules, against the head and the pool, and keeps it. Observers have heard of it when this returns,
    /// unless another thread is busy telling them.
    /// </summary>
    public ValidationResult Admit(Transaction transaction)
    {
        Judgement judgement = Screen(transaction, out Candidate candidate);
        if (judgement.Result.IsValid)
        {
            lock (_gate)
            {
                judgement = _admission.Keep(in candidate);
            }
        }

        Finish();
        return Told(judgement);
    }

    /// <summary>As <see cref="Admit"/> for each of several, in order, with few turns of the lock: for what gossip brings together.</summary>
    /// <returns>A result for each transaction.</returns>
    public IReadOnlyList<ValidationResult> AdmitAll(IReadOnlyList<Transaction> transactions)
    {
        ValidationResult[] results = new ValidationResult[transactions.Count];
        Candidate[] candidates = new Candidate[Math.Min(GroupSize, transactions.Count)];
        Judgement[] judgements = new Judgement[candidates.Length];
        for (int start = 0; start < results.Length; start += GroupSize)
        {
            int count = Math.Min(GroupSize, results.Length - start);
            for (int i = 0; i < count; i++)
            {
                judgements[i] = Screen(transactions[start + i], out candidates[i]);
            }

            KeepGroup(candidates, judgements, count);
            Finish();
            for (int i = 0; i < count; i++)
            {
                results[start + i] = Told(judgements[i]);
            }
        }

        return results;
    }

    /// <summary>
    /// The best transactions for a block on the head: the highest tip first, each sender's in nonce order without gaps, ties by arrival, as
    /// long as the gas lasts. All of them are valid on the state of the head as far as expiry, nonces and fees go.
    /// </summary>
    public IReadOnlyList<Transaction> Select(ulong gasLimit)
    {
        ChainHead head = _chain.Head;
        StateSnapshot state = _chain.StateAt(head);
        lock (_gate)
        {
            return new TemplateSelection(head, state, gasLimit).Run(_index.HeadsBestFirst);
        }
    }

    /// <inheritdoc/>
    public void BlockDetached(Block block)
    {
        // They come from the old head down; what lies deeper must be mined first and is what a bound must keep.
        _detached.Add(block);
        _detachedTransactions += block.Transactions.Count;
        while (_detachedTransactions > Options.MaxCount && _detached.Count > 1)
        {
            _detachedTransactions -= _detached[0].Transactions.Count;
            _detached.RemoveAt(0);
        }
    }

    /// <inheritdoc/>
    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        _upkeep.Follow(_detached, block);
        _metrics.Rechecked(_upkeep.RefreshInTurn());
        if (_detached.Count > 0)
        {
            List<Transaction> back = GivenBack();
            _detached.Clear();
            _detachedTransactions = 0;
            AdmitAll(back);
        }

        Finish();
    }

    /// <summary>What left with the detached blocks and is not in the new branch, in the order in which it was mined.</summary>
    private List<Transaction> GivenBack()
    {
        List<Transaction> back = [];
        for (int i = _detached.Count - 1; i >= 0; i--)
        {
            foreach (Transaction transaction in _detached[i].Transactions)
            {
                if (_chain.FindTransaction(transaction.Id) is null)
                {
                    back.Add(transaction);
                }
            }
        }

        return back;
    }

    /// <summary>All that needs no lock, the signature among it.</summary>
    private Judgement Screen(Transaction transaction, out Candidate candidate)
    {
        ChainHead head = _chain.Head;
        candidate = default;
        Judgement judgement = _admission.Screen(transaction, head, Find(transaction.Id) is not null, out Address sender);
        if (judgement.Result.IsValid)
        {
            Account account = _upkeep.AccountAt(head, sender);
            candidate = new Candidate(transaction, sender, account, head);
        }

        return judgement;
    }

    private void KeepGroup(Candidate[] candidates, Judgement[] judgements, int count)
    {
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                judgements[i] = judgements[i].Result.IsValid ? _admission.Keep(in candidates[i]) : judgements[i];
            }
        }
    }

    private ValidationResult Told(Judgement judgement)
    {
        if (!judgement.Result.IsValid)
        {
            _metrics.Rejected(judgement.Rule, judgement.Result.Code);
        }

        return judgement.Result;
    }

    private void Finish()
    {
        _events.Deliver();
        if (MempoolMetrics.WantsSize)
        {
            _metrics.Size(Count, Bytes);
        }
    }
}
