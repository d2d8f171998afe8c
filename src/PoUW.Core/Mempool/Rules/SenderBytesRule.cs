using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Senders whose waiting transactions take as much memory as those of one may.</summary>
internal sealed class SenderBytesRule : IAdmissionRule
{
    public string Name => "sender-bytes";

    public AdmissionStage Stage => AdmissionStage.AfterSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        long bytes = context.SenderBytes + context.Size;
        return bytes <= context.Options.MaxSenderBytes
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.SenderLimit, nameof(AdmissionContext.Sender),
                $"{bytes} bytes of the sender would wait; the limit is {context.Options.MaxSenderBytes}.");
    }
}
