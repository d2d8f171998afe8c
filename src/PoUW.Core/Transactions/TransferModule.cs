using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
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
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => TransferPayload.TryParse(payload, out _, out _, out _);

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        ValidationResult decoded = TransferPayload.TryParse(transaction.Payload.Span, out Address to, out Amount amount, out _);
        if (!decoded.IsValid)
        {
            return decoded;
        }

        return state.TryTransfer(transaction.Sender, to, amount)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.InsufficientBalance, "Amount", $"The sender has less than {amount}.");
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        // Nothing is due at the end of a block.
    }
}
