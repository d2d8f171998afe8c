using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions that find the pool full of better ones.</summary>
internal sealed class RoomRule : IAdmissionRule
{
    public string Name => "room";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context) => context.Room is null || context.Room.TryPlan(in context)
        ? ValidationResult.Ok
        : ValidationResult.Fail(
            ValidationCode.PoolFull, nameof(TransactionBody.TipPerGas),
            "The pool is full, and nothing in it that could leave offers less.");
}
