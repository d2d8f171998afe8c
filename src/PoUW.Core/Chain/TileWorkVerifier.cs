using System.Buffers.Binary;
using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// The production verifier: tile work TW1 (<see cref="WorkVerifier"/>). A header with a claim needs a ticket that is bound to it, any other
/// header an unbound one. Which version a certificate has at the header's height is for the network's rules to say. Stateless and thread-safe.
/// </summary>
public sealed class TileWorkVerifier(NetworkRules rules) : IWorkVerifier
{
    private const int VersionBytes = 2;

    /// <inheritdoc/>
    public ValidationResult VerifyPublicData(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        ticket = default;
        ValidationResult version = CheckVersion(header, publicData.Span);
        if (!version.IsValid)
        {
            return version;
        }

        return TemplateOf(header) is { } template ? WorkVerifier.VerifyPublicData(template, publicData.Span, out ticket) : WrongBits(header);
    }

    /// <inheritdoc/>
    public ValidationResult Verify(BlockHeader header, WorkCertificate certificate, out Hash256 ticket)
    {
        ticket = default;
        ValidationResult version = CheckVersion(header, certificate.PublicData.Span);
        if (!version.IsValid)
        {
            return version;
        }

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

    /// <summary>Exactly one version is valid at a height. The version comes first in the public data of every version.</summary>
    private ValidationResult CheckVersion(BlockHeader header, ReadOnlySpan<byte> publicData)
    {
        if (publicData.Length < VersionBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.Malformed, nameof(WorkCertificate.PublicData), $"{publicData.Length} bytes hold no certificate version.");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(publicData);
        ushort valid = rules.RulesAt(header.Height).CertificateVersion;
        return version == valid
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.WrongVersion,
                nameof(WorkPublicData.Version),
                $"Certificate version {version}; at height {header.Height} only {valid} is valid.");
    }

    private static ValidationResult WrongBits(BlockHeader header) =>
        ValidationResult.Fail(ValidationCode.WrongBits, nameof(header.Bits), $"{header.Bits:x8} is no compact target.");
}
