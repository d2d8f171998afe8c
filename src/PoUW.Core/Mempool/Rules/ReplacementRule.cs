using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Replacements that do not offer enough more a unit of gas, so that replacing costs something every time.</summary>
internal sealed class ReplacementRule : IAdmissionRule
{
    public string Name => "replacement";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        if (context.Replaced is not { } old)
        {
            return ValidationResult.Ok;
        }

        UInt128 baseFee = context.Parameters.BaseFeePerGas.BaseUnits;
        UInt128 offered = baseFee + context.Body.TipPerGas;
        UInt128 needed = ((baseFee + old.Body.TipPerGas) * (UInt128)(100 + context.Options.ReplacementPercent) / 100) + 1;
        return offered >= needed
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.ReplacementTooCheap, nameof(TransactionBody.TipPerGas),
                $"A replacement must offer {needed} a gas or more, not {offered}.");
    }
}
