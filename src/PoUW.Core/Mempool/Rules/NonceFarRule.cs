using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Nonces that wait for too many others.</summary>
internal sealed class NonceFarRule : IAdmissionRule
{
    public string Name => "nonce-far";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        ulong ahead = context.Body.Nonce - Math.Min(context.Account.Nonce, context.Body.Nonce);
        return ahead < context.Options.MaxNonceGap
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.NonceTooHigh, nameof(TransactionBody.Nonce),
                $"Nonce {context.Body.Nonce} is too far ahead of {context.Account.Nonce}.");
    }
}
