using PoUW.Core.Chain;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool.Rules;

/// <summary>Transactions larger than this node wants, or than any block of the network has room for.</summary>
internal sealed class SizeRule : IAdmissionRule
{
    public string Name => "size";

    public AdmissionStage Stage => AdmissionStage.BeforeSignature;

    public ValidationResult Check(in AdmissionContext context)
    {
        int length = context.Transaction.EncodedLength;

        // One that never fits would take the gas of the others at every selection and pay for none.
        int limit = Math.Min(context.Options.MaxTransactionBytes, BlockTemplateBuilder.RoomOf(context.Parameters.MaxBlockBytes));
        return length <= limit
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooLargeForPool, nameof(Transaction), $"{length} bytes; the pool takes up to {limit}.");
    }
}
