using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Nonces that the chain has seen.</summary>
internal sealed class NonceUsedRule : IAdmissionRule
{
    public string Name => "nonce-used";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context) => context.Body.Nonce >= context.Account.Nonce
        ? ValidationResult.Ok
        : ValidationResult.Fail(
            ValidationCode.NonceTooLow, nameof(TransactionBody.Nonce),
            $"The nonce is {context.Body.Nonce}; the account's next is {context.Account.Nonce}.");
}
