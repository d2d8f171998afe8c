using PoUW.Core.Blocks;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>
/// The cheap checks of a header and its public data, which blocks and headers without block have in common. What passes has cost its
/// maker hash trials only. Reads the store without the chain's lock.
/// </summary>
internal sealed class HeaderChecks(ChainStore store, BlockRules rules, IWorkVerifier verifier, TrustedHistory trust)
{
    /// <summary>Checks everything up to the claimed ticket.</summary>
    /// <param name="header">The header.</param>
    /// <param name="publicData">The public data of its certificate.</param>
    /// <param name="head">The head.</param>
    /// <param name="pending">Headers that passed before and whose blocks are not known yet; null for a block.</param>
    /// <param name="parent">The parent; null if it is a pending header.</param>
    /// <param name="ticket">The claimed ticket.</param>
    internal ValidationResult Check(
        BlockHeader header,
        ReadOnlyMemory<byte> publicData,
        ChainHead head,
        Func<Hash256, BlockHeader?>? pending,
        out ChainPosition? parent,
        out Hash256 ticket)
    {
        (parent, ticket) = (null, default);
        ValidationResult result = rules.CheckHeaderForm(header);
        if (!result.IsValid)
        {
            return result;
        }

        BlockEntry? entry = store.GetEntry(header.ParentHash);
        BlockHeader? above = entry?.Header ?? pending?.Invoke(header.ParentHash);
        if (above is null)
        {
            return ValidationResult.Fail(ValidationCode.UnknownParent, nameof(header.ParentHash), $"{header.ParentHash} is not known.");
        }

        parent = entry?.Position;
        result = entry is null ? result : CheckBranch(entry, head);
        result = result.IsValid ? rules.CheckHeader(header, above, pending) : result;
        result = result.IsValid ? trust.Check(header) : result;
        result = result.IsValid ? WorkCertificates.CheckCommitment(header.CertificateCommitment, publicData.Span) : result;
        return result.IsValid ? verifier.VerifyPublicData(header, publicData, out ticket) : result;
    }

    /// <summary>The highest ancestor on the chain of the head; the entry itself if it is on it.</summary>
    internal BlockEntry ForkPoint(BlockEntry at)
    {
        while (store.GetCanonical(at.Header.Height) != at.Position.Id)
        {
            Hash256 parent = at.Header.ParentHash;
            at = store.GetEntry(parent) ?? throw new ChainException($"The stored block {parent} is missing.");
        }

        return at;
    }

    private ValidationResult CheckBranch(BlockEntry parent, ChainHead head)
    {
        if (parent.Status == BlockStatus.Invalid)
        {
            return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), "The parent is known to be invalid.");
        }

        return ForkPoint(parent).Header.Height < head.FinalizedHeight
            ? ValidationResult.Fail(ValidationCode.BelowFinalized, nameof(BlockHeader.ParentHash), $"Forks below height {head.FinalizedHeight}.")
            : ValidationResult.Ok;
    }
}
