using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Muxing;
using PoUW.Network.Sessions;

namespace PoUW.Network.Sync;

/// <summary>
/// Gossips transactions: small ones whole, long ones by their id, to be fetched from the sender. What waits together is admitted together.
/// Thread-safe.
/// </summary>
internal sealed class TransactionGossip
{
    // So many are admitted in one call at most.
    private const int MaxBatch = 256;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly SyncTasks _tasks;
    private readonly Action<Transaction> _admitted;
    private long _bytes;
    private int _fetching;
    private bool _isAdmitting;

    internal TransactionGossip(
        BlockChain chain, TransactionPool pool, SyncNetwork network, SyncOptions options, SyncTasks tasks, Action<Transaction> admitted)
    {
        (_chain, _pool, _network, _options, _tasks, _admitted) = (chain, pool, network, options, tasks, admitted);
        network.Subscribe(SyncProtocols.TransactionTopic, OnMessageAsync);
    }

    /// <summary>Gossips a transaction that the pool admitted.</summary>
    internal Task PublishAsync(Transaction transaction) =>
        _network.PublishAsync(SyncProtocols.TransactionTopic, TransactionAnnouncement.Encode(transaction, _options.InlineTransactionBytes));

    /// <summary>Fetches what waits in a peer's pool and is not known here.</summary>
    internal async Task ExchangeAsync(PeerId peer)
    {
        SyncAnswer answer = await _network.AskAsync(peer, SyncProtocols.Pool, default, StreamPriority.Normal, _options.RequestTimeout);
        if (!answer.IsThere)
        {
            return;
        }

        if (PoolResponse.TryDecode(answer.Bytes.Span, _options.MaxTransactionIds) is not { } pool)
        {
            _network.Punish(peer, "malformed list of transactions");
            return;
        }

        List<Hash256> missing = [.. pool.Ids.Where(id => !IsKnown(id))];
        while (missing.Count > 0)
        {
            // Those that are left out at the beginning of an answer do not wait there any more.
            List<Transaction>? fetched = await FetchAsync(peer, missing);
            if (fetched is null || fetched.Count == 0)
            {
                return;
            }

            IReadOnlyList<ValidationResult> results = Admit(fetched);
            if (results.Any(static result => result.Verdict == GossipVerdict.Reject))
            {
                _network.Punish(peer, "invalid transactions");
                return;
            }

            missing.RemoveRange(0, missing.IndexOf(fetched[^1].Id) + 1);
        }
    }

    private async ValueTask<GossipVerdict> OnMessageAsync(PeerId peer, ReadOnlyMemory<byte> message)
    {
        if (TransactionAnnouncement.TryDecode(message.Span, _options.InlineTransactionBytes) is not { } announced)
        {
            return GossipVerdict.Reject;
        }

        try
        {
            return announced.Transaction is { } transaction
                ? (await EnqueueAsync(transaction)).Verdict
                : await JudgeByIdAsync(peer, announced.Id);
        }
        catch (OperationCanceledException) when (_network.Stopping.IsCancellationRequested)
        {
            return GossipVerdict.Ignore;
        }
    }

    private async Task<GossipVerdict> JudgeByIdAsync(PeerId peer, Hash256 id)
    {
        if (IsKnown(id) || Interlocked.Increment(ref _fetching) > _options.MaxAnnouncedBlocks)
        {
            return GossipVerdict.Ignore;
        }

        try
        {
            return await FetchAsync(peer, [id]) is [Transaction transaction]
                ? (await EnqueueAsync(transaction)).Verdict
                : GossipVerdict.Ignore;
        }
        finally
        {
            Interlocked.Decrement(ref _fetching);
        }
    }

    /// <summary>Transactions from a peer, in the order of the ids; null if it gave none, or others than it was asked for.</summary>
    private async Task<List<Transaction>?> FetchAsync(PeerId peer, List<Hash256> ids)
    {
        TransactionsRequest request = new([.. ids.Take(_options.MaxTransactionIds)]);
        SyncAnswer answer = await _network.AskAsync(peer, SyncProtocols.Transactions, request.Encode(), StreamPriority.Normal, _options.RequestTimeout);
        if (!answer.IsThere)
        {
            return null;
        }

        TransactionsResponse? response = TransactionsResponse.TryDecode(answer.Bytes.Span, request.Ids.Count, _options.AnswerBytes);
        int at = 0;
        foreach (Transaction transaction in response?.Transactions ?? [])
        {
            while (at < request.Ids.Count && request.Ids[at] != transaction.Id)
            {
                at++;
            }

            at++;
        }

        if (response is null || at > request.Ids.Count)
        {
            _network.Punish(peer, "transactions that nobody asked for");
            return null;
        }

        return [.. response.Transactions];
    }

    private bool IsKnown(Hash256 id) => _pool.Find(id) is not null || _chain.FindTransaction(id) is not null;

    /// <summary>Waits for the next batch.</summary>
    private Task<ValidationResult> EnqueueAsync(Transaction transaction)
    {
        Waiting waiting = new(transaction, new TaskCompletionSource<ValidationResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_waiting.Count >= _options.MaxWaitingTransactions || _bytes + transaction.EncodedLength > _options.MaxWaitingTransactionBytes)
            {
                return Task.FromResult(ValidationResult.Fail(ValidationCode.PoolFull, nameof(Transaction), "Too many wait for the pool."));
            }

            _waiting.Enqueue(waiting);
            _bytes += transaction.EncodedLength;
            if (_isAdmitting)
            {
                return waiting.Result.Task;
            }

            _isAdmitting = true;
        }

        if (!_tasks.Run("transaction admission", AdmitAllAsync))
        {
            DropAll(ValidationResult.Fail(ValidationCode.PoolFull, nameof(Transaction), "The node stops."));
        }

        return waiting.Result.Task;
    }

    private Task AdmitAllAsync()
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            try
            {
                IReadOnlyList<ValidationResult> results = Admit([.. batch.Select(static waiting => waiting.Transaction)]);
                for (int i = 0; i < batch.Count; i++)
                {
                    batch[i].Result.SetResult(results[i]);
                }
            }
            catch
            {
                // Nobody may wait for a batch that failed; the failure itself is told by whoever runs this.
                ValidationResult failed = ValidationResult.Fail(ValidationCode.PoolFull, nameof(Transaction), "The pool failed.");
                batch.ForEach(waiting => waiting.Result.TrySetResult(failed));
                DropAll(failed);
                throw;
            }
        }

        return Task.CompletedTask;
    }

    private void DropAll(ValidationResult result)
    {
        while (TakeBatch() is { Count: > 0 } batch)
        {
            batch.ForEach(waiting => waiting.Result.TrySetResult(result));
        }
    }

    private List<Waiting> TakeBatch()
    {
        List<Waiting> batch = [];
        lock (_gate)
        {
            while (batch.Count < MaxBatch && _waiting.TryDequeue(out Waiting? waiting))
            {
                batch.Add(waiting);
                _bytes -= waiting.Transaction.EncodedLength;
            }

            _isAdmitting = batch.Count > 0;
        }

        return batch;
    }

    private IReadOnlyList<ValidationResult> Admit(List<Transaction> transactions)
    {
        IReadOnlyList<ValidationResult> results = _pool.AdmitAll(transactions);
        for (int i = 0; i < results.Count; i++)
        {
            if (results[i].IsValid)
            {
                _admitted(transactions[i]);
            }
        }

        return results;
    }

    private sealed record Waiting(Transaction Transaction, TaskCompletionSource<ValidationResult> Result);
}
