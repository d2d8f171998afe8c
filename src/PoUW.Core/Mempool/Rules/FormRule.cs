using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>What no block could hold whatever the state: chain, gas, price, kind, payload.</summary>
internal sealed class FormRule : IAdmissionRule
{
    public string Name => "form";

    public AdmissionStage Stage => AdmissionStage.BeforeSignature;

    public ValidationResult Check(in AdmissionContext context) => context.Rules.CheckForm(context.Body);
}
