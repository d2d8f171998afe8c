using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Senders that cannot pay the fee together with the fees that wait already.</summary>
internal sealed class BalanceRule : IAdmissionRule
{
    public string Name => "balance";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        bool covered = context.Account.Balance.TrySubtract(context.SenderFees, out Amount rest);
        return context.Rules.CheckFee(context.Body, covered ? rest : Amount.Zero);
    }
}
