using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions that no block can take yet, once the pool is half full: they pay nobody while they wait, whatever they offer.</summary>
internal sealed class GapRule : IAdmissionRule
{
    public string Name => "gap";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context) => context.IsBehindGap && context.IsHalfFull && context.Replaced is null
        ? ValidationResult.Fail(
            ValidationCode.BehindGap, nameof(TransactionBody.Nonce),
            "The pool is half full; the rest of it is for transactions without a gap.")
        : ValidationResult.Ok;
}
