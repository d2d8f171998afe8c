using PoUW.Core.Ledger;
using PoUW.Core.Validation;

namespace PoUW.Core.Transactions;

/// <summary>Executes transfers. The chain adds it by itself.</summary>
public sealed class TransferModule : ILedgerModule
{
    /// <inheritdoc/>
    public string Name => "transfer";

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Transfer];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state)
    {
        // Transfers keep no records of their own.
    }

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => TransferPayload.TryDecode(payload, out _);

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        ValidationResult decoded = TransferPayload.TryDecode(transaction.Payload.Span, out TransferPayload? payload);
        if (!decoded.IsValid)
        {
            return decoded;
        }

        return state.TryTransfer(transaction.Sender, payload!.To, payload.Amount)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.InsufficientBalance, "Amount", $"The sender has less than {payload.Amount}.");
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        // Nothing is due at the end of a block.
    }
}
