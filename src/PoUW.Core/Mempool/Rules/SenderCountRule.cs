using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Senders that have as many transactions waiting as one may have.</summary>
internal sealed class SenderCountRule : IAdmissionRule
{
    public string Name => "sender-count";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context) => context.SenderCount < context.Options.MaxSenderCount
        ? ValidationResult.Ok
        : ValidationResult.Fail(
            ValidationCode.SenderLimit, nameof(AdmissionContext.Sender),
            $"{context.SenderCount} transactions of the sender wait; that is the limit.");
}
