using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions larger than this node wants.</summary>
internal sealed class SizeRule : IAdmissionRule
{
    public string Name => "size";

    public AdmissionStage Stage => AdmissionStage.BeforeSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        int length = context.Transaction.EncodedLength;
        int limit = context.Options.MaxTransactionBytes;
        return length <= limit
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooLargeForPool, nameof(Transaction), $"{length} bytes; the pool takes up to {limit}.");
    }
}
