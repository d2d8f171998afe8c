using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions that tip less than this node asks for.</summary>
internal sealed class TipRule : IAdmissionRule
{
    public string Name => "tip";

    public AdmissionStage Stage => AdmissionStage.BeforeSignature;

    public ValidationResult Check(in AdmissionContext context) => context.Body.TipPerGas >= context.Options.MinTipPerGas
        ? ValidationResult.Ok
        : ValidationResult.Fail(
            ValidationCode.TipTooLow, nameof(TransactionBody.TipPerGas),
            $"The tip is {context.Body.TipPerGas} a gas; this node asks for {context.Options.MinTipPerGas}.");
}
