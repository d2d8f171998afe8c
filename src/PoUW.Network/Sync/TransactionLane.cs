using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Network.Sync;

/// <summary>
/// The gossiped transactions of one topic that wait for the pool. What waits together is admitted together, and a lane takes turns with the
/// others after each batch. Thread-safe.
/// </summary>
internal sealed class TransactionLane(
    SyncOptions options, SyncTasks tasks, Func<IReadOnlyList<Transaction>, IReadOnlyList<ValidationResult>> admit)
{
    // So many are admitted in one call at most.
    private const int MaxBatch = 256;

    private readonly Lock _gate = new();
    private readonly Queue<Waiting> _waiting = new();
    private long _bytes;
    private bool _isAdmitting;

    /// <summary>Waits for the next batch.</summary>
    /// <returns>What the pool said, or that too many wait.</returns>
    internal Task<ValidationResult> EnqueueAsync(Transaction transaction)
    {
        Waiting waiting = new(transaction, new TaskCompletionSource<ValidationResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_waiting.Count >= options.MaxWaitingTransactions || _bytes + transaction.EncodedLength > options.MaxWaitingTransactionBytes)
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

        if (!tasks.Run("transaction admission", AdmitAllAsync))
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
                IReadOnlyList<ValidationResult> results = admit([.. batch.Select(static waiting => waiting.Transaction)]);
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

    private sealed record Waiting(Transaction Transaction, TaskCompletionSource<ValidationResult> Result);
}
