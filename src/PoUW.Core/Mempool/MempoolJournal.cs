using System.Buffers.Binary;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>
/// Keeps a pool's transactions in a store, under the prefix "pool/", so that they are there again after a restart. It gathers what changes
/// and writes it as one batch after each block, when <see cref="Flush"/> is called, and at the end: what came and went in between is
/// never written, and a crash loses the moments since, which a pool can bear. What it holds after a write is what the pool holds, so the
/// pool's limits bound it. Thread-safe.
/// <para>An entry is a sequence number in admission order (8 bytes, big-endian) after the prefix, and the encoded transaction.</para>
/// </summary>
public sealed class MempoolJournal : IMempoolObserver, IChainObserver, IDisposable
{
    private readonly IKeyValueStore _store;
    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly MempoolMetrics _metrics;
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly Dictionary<Hash256, ulong> _sequences = [];
    private readonly WriteBatch _damaged = new();
    private SortedDictionary<ulong, Transaction> _unwritten = [];
    private SortedSet<ulong> _stale = [];
    private ulong _next;
    private bool _disposed;

    private MempoolJournal(IKeyValueStore store, BlockChain chain, TransactionPool pool)
    {
        (_store, _chain, _pool) = (store, chain, pool);
        _metrics = new MempoolMetrics(pool.Options.Node);
    }

    /// <summary>How many transactions the pool took back.</summary>
    public int Restored { get; private set; }

    /// <summary>How many entries could not be read back; they were removed where the store allows it.</summary>
    public int Damaged { get; private set; }

    /// <summary>
    /// Gives the pool back what it held, by the rules of <see cref="TransactionPool.Admit"/> (signatures included, so a full journal takes
    /// a while), and follows pool and chain from then on. The pool must be subscribed to the chain already. Entries that are damaged, or
    /// that the pool no longer takes, are removed with the next write.
    /// </summary>
    /// <exception cref="StoreException">The store cannot be read. One that is damaged gives what comes before the damage.</exception>
    public static MempoolJournal Open(IKeyValueStore store, BlockChain chain, TransactionPool pool)
    {
        MempoolJournal journal = new(store, chain, pool);
        List<Transaction> read = journal.Read();
        pool.Subscribe(journal);
        journal.Restore(read);
        chain.Subscribe(journal);
        return journal;
    }

    /// <summary>Writes what changed since the last time, as one batch; nothing if nothing did.</summary>
    /// <exception cref="StoreException">Nothing was written; the changes are kept for the next time.</exception>
    public void Flush()
    {
        lock (_writing)
        {
            (SortedDictionary<ulong, Transaction> added, SortedSet<ulong> removed) = TakeChanges();
            if (added.Count + removed.Count + _damaged.Count == 0)
            {
                return;
            }

            bool written = false;
            try
            {
                _store.Apply(BatchOf(added, removed).Append(_damaged));
                _damaged.Clear();
                written = true;
            }
            finally
            {
                if (!written)
                {
                    PutBack(added, removed);
                }
            }
        }
    }

    /// <inheritdoc/>
    void IMempoolObserver.Added(Transaction transaction)
    {
        lock (_gate)
        {
            if (_sequences.TryAdd(transaction.Id, _next))
            {
                _unwritten.Add(_next++, transaction);
            }
        }
    }

    /// <inheritdoc/>
    void IMempoolObserver.Removed(Transaction transaction, RemovalReason reason)
    {
        lock (_gate)
        {
            Forget(transaction.Id);
        }
    }

    /// <inheritdoc/>
    void IChainObserver.BlockDetached(Block block)
    {
        // A block joins before a reorganisation is over.
    }

    /// <inheritdoc/>
    void IChainObserver.BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => TryFlush();

    /// <summary>Writes what is left and follows the pool no more. Must come before the store is disposed of.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _chain.Unsubscribe(this);
            _pool.Unsubscribe(this);
            TryFlush();
        }
    }

    private static byte[] KeyOf(ulong sequence)
    {
        byte[] key = [.. "pool/"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(^sizeof(ulong)), sequence);
        return key;
    }

    private static WriteBatch BatchOf(SortedDictionary<ulong, Transaction> added, SortedSet<ulong> removed)
    {
        WriteBatch batch = new();
        foreach (ulong sequence in removed)
        {
            batch.Delete(KeyOf(sequence));
        }

        foreach ((ulong sequence, Transaction transaction) in added)
        {
            batch.Put(KeyOf(sequence), transaction.Encode().Span);
        }

        return batch;
    }

    // A chain's observer must not throw, and the node can do without the journal: the failure is counted, and the next block tries again.
    private void TryFlush()
    {
        try
        {
            Flush();
        }
        catch (StoreException)
        {
            _metrics.JournalFailed();
        }
    }

    private (SortedDictionary<ulong, Transaction> Added, SortedSet<ulong> Removed) TakeChanges()
    {
        lock (_gate)
        {
            (SortedDictionary<ulong, Transaction> added, SortedSet<ulong> removed) = (_unwritten, _stale);
            (_unwritten, _stale) = ([], []);
            return (added, removed);
        }
    }

    private void PutBack(SortedDictionary<ulong, Transaction> added, SortedSet<ulong> removed)
    {
        lock (_gate)
        {
            _stale.UnionWith(removed);
            foreach ((ulong sequence, Transaction transaction) in added)
            {
                // What left meanwhile has been noted as stale, which is right whether it was written or not.
                if (_sequences.TryGetValue(transaction.Id, out ulong now) && now == sequence)
                {
                    _unwritten.Add(sequence, transaction);
                }
            }
        }
    }

    private void Forget(Hash256 id)
    {
        if (_sequences.Remove(id, out ulong sequence) && !_unwritten.Remove(sequence))
        {
            _stale.Add(sequence);
        }
    }

    /// <summary>All readable entries in order; their sequence numbers are taken over, so that they need not be written again.</summary>
    private List<Transaction> Read()
    {
        List<Transaction> read = [];
        try
        {
            foreach ((byte[] key, byte[] value) in _store.ScanPrefix("pool/"u8))
            {
                if (!TryRead(key, value, out Transaction? transaction))
                {
                    Damage();
                    _damaged.Delete(key);
                    continue;
                }

                read.Add(transaction!);
            }
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.Corrupt)
        {
            Damage();
        }

        return read;
    }

    private bool TryRead(byte[] key, byte[] value, out Transaction? transaction)
    {
        transaction = null;
        if (key.Length != KeyOf(0).Length || !Transaction.TryDecode(value, out transaction).IsValid)
        {
            return false;
        }

        ulong sequence = BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(^sizeof(ulong)));
        if (sequence == ulong.MaxValue || !_sequences.TryAdd(transaction!.Id, sequence))
        {
            return false;
        }

        _next = sequence + 1;
        return true;
    }

    private void Damage()
    {
        Damaged++;
        _metrics.JournalDamaged();
    }

    private void Restore(List<Transaction> read)
    {
        List<Transaction> again = [];
        Restored = Admit(read, again);

        // A transaction may have come before the one that its nonce waits for; in a pool half full the order matters.
        again.Sort((left, right) => left.Body.Nonce.CompareTo(right.Body.Nonce));
        Restored += Admit(again, behindGap: null);
    }

    private int Admit(List<Transaction> transactions, List<Transaction>? behindGap)
    {
        int admitted = 0;
        IReadOnlyList<ValidationResult> results = _pool.AdmitAll(transactions);
        for (int i = 0; i < transactions.Count; i++)
        {
            if (results[i].IsValid)
            {
                admitted++;
            }
            else if (results[i].Code == ValidationCode.BehindGap && behindGap is not null)
            {
                behindGap.Add(transactions[i]);
            }
            else if (results[i].Code != ValidationCode.AlreadyKnown)
            {
                lock (_gate)
                {
                    Forget(transactions[i].Id);
                }
            }
        }

        return admitted;
    }
}
