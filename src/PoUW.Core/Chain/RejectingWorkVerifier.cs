using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>Accepts no work: the do-nothing verifier.</summary>
public sealed class RejectingWorkVerifier : IWorkVerifier
{
    /// <inheritdoc/>
    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket) => Reject(out ticket);

    /// <inheritdoc/>
    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket) => Reject(out ticket);

    private static ValidationResult Reject(out Hash256 ticket)
    {
        ticket = default;
        return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Block.Certificate), "This node accepts no work certificates.");
    }
}
