using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// The production verifier: tile work TW1 (<see cref="WorkVerifier"/>). A header with a claim needs a ticket that is bound to it, any other
/// header an unbound one. Stateless and thread-safe.
/// </summary>
public sealed class TileWorkVerifier : IWorkVerifier
{
    /// <inheritdoc/>
    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        ticket = default;
        return TemplateOf(header) is { } template ? WorkVerifier.VerifyPublicData(template, publicData.Span, out ticket) : WrongBits(header);
    }

    /// <inheritdoc/>
    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
    {
        ticket = default;
        return TemplateOf(header) is { } template ? WorkVerifier.Verify(template, certificate, out ticket) : WrongBits(header);
    }

    private static WorkTemplate? TemplateOf(BlockHeader header)
    {
        if (!CompactTarget.TryDecode(header.Bits, out BigInteger target))
        {
            return null;
        }

        return header.Claim is { } claim
            ? WorkTemplate.Bound(header.ChainId, header.Height, header.ParentHash, header.Bits, claim, header.Producer, target)
            : WorkTemplate.Unbound(header.ChainId, header.EncodeIncomplete(), target);
    }

    private static ValidationResult WrongBits(BlockHeader header) =>
        ValidationResult.Fail(ValidationCode.WrongBits, nameof(header.Bits), $"{header.Bits:x8} is no compact target.");
}
