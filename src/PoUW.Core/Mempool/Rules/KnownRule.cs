using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions that wait already.</summary>
internal sealed class KnownRule(AdmissionStage stage) : IAdmissionRule
{
    public string Name => "known";

    public AdmissionStage Stage => stage;

    public ValidationResult Check(in AdmissionContext context) => context.IsKnown
        ? ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(Transaction.Id), "The transaction waits already.")
        : ValidationResult.Ok;
}
