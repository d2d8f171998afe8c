using PoUW.Core.Ledger;
using PoUW.Core.Validation;

namespace PoUW.Economics.TileWork;

/// <summary>
/// Ledger module of bound tickets: records the win of the parent before anything else happens in a block; at its end it starts the schedules of
/// the leases that are deep enough now, and mints the bonuses that are due. It has no transactions; the job module opens and settles leases.
/// Stands after the job module, so that a conviction in the block where a bonus is due still stops it, and no lease starts that ends there.
/// </summary>
public sealed class WorkModule : ILedgerModule
{
    /// <inheritdoc/>
    public string Name => WorkLedger.Module;

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds => [];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state)
    {
        // No lease, no win, no time: absent records say so.
    }

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => Unknown(kind);

    /// <inheritdoc/>
    public void BeginBlock(BlockContext block, IStateWriter state) => WorkLedger.RecordParent(state, block);

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state) => Unknown(transaction.Kind);

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        WorkLedger.RecordTime(state, block.TimestampMilliseconds);
        LeaseStarts.Run(state, block.Height);
        WorkVesting.Pay(state, block.Height);
    }

    private static ValidationResult Unknown(TransactionKind kind) =>
        ValidationResult.Fail(ValidationCode.UnknownKind, "kind", $"{kind} does not belong to the work module.");
}
