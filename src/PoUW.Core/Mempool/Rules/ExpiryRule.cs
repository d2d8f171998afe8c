using PoUW.Core.Chain;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions that have expired, or will before they can be mined.</summary>
internal sealed class ExpiryRule : IAdmissionRule
{
    public string Name => "expiry";

    public AdmissionStage Stage => AdmissionStage.BeforeSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        ValidationResult expired = TransactionRules.CheckExpiry(context.Body, context.NextHeight);
        if (!expired.IsValid)
        {
            return expired;
        }

        ulong left = context.Body.ExpiryHeight - context.NextHeight;
        return left >= context.Options.MinBlocksToExpiry
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.ExpiresTooSoon, nameof(TransactionBody.ExpiryHeight),
                $"Expires at {context.Body.ExpiryHeight}; the pool wants {context.NextHeight} and {context.Options.MinBlocksToExpiry} more.");
    }
}
