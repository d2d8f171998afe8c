using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>The production verifier: tile work TW1, unbound tickets (<see cref="WorkVerifier"/>). Stateless and thread-safe.</summary>
public sealed class TileWorkVerifier : IWorkVerifier
{
    /// <inheritdoc/>
    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        ticket = default;
        return CompactTarget.TryDecode(header.Bits, out BigInteger target)
            ? WorkVerifier.VerifyPublicData(header.ChainId, header.EncodeIncomplete(), target, publicData.Span, out ticket)
            : WrongBits(header);
    }

    /// <inheritdoc/>
    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
    {
        ticket = default;
        return CompactTarget.TryDecode(header.Bits, out BigInteger target)
            ? WorkVerifier.Verify(header.ChainId, header.EncodeIncomplete(), target, certificate, out ticket)
            : WrongBits(header);
    }

    private static ValidationResult WrongBits(BlockHeader header) =>
        ValidationResult.Fail(ValidationCode.WrongBits, nameof(header.Bits), $"{header.Bits:x8} is no compact target.");
}
