using PoUW.Core.Ledger;
using PoUW.Core.Validation;

namespace PoUW.Economics.Workers;

/// <summary>
/// Ledger module of worker registration. The payload of <see cref="TransactionKind.RegisterWorker"/> is empty: the sender becomes a
/// worker and may be given leases from the next block on.
/// </summary>
public sealed class WorkerModule : ILedgerModule
{
    /// <inheritdoc/>
    public string Name => "workers";

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.RegisterWorker];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state)
    {
        // Nobody is registered at genesis.
    }

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => payload.IsEmpty
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.Malformed, "payload", $"A registration has no payload, not {payload.Length} bytes.");

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        if (WorkerRegistry.Contains(state, transaction.Sender))
        {
            return ValidationResult.Fail(ValidationCode.AlreadyRegistered, "sender", $"{transaction.Sender} is a worker already.");
        }

        WorkerRegistry.Add(state, transaction.Sender);
        return ValidationResult.Ok;
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        // Registration has nothing to do at the end of a block.
    }
}
