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
    /// <summary>Where branches leave the chain of the head.</summary>
    internal ForkHeights Forks { get; } = new(store);

    /// <summary>Checks everything of a header without block, up to the claimed ticket.</summary>
    /// <param name="header">The header.</param>
    /// <param name="publicData">The public data of its certificate.</param>
    /// <param name="head">The head.</param>
    /// <param name="pending">Headers that passed before and whose blocks are not known yet.</param>
    internal ValidationResult Check(BlockHeader header, ReadOnlyMemory<byte> publicData, ChainHead head, Func<Hash256, BlockHeader?> pending)
    {
        ValidationResult result = rules.CheckHeaderForm(header);
        result = result.IsValid ? CheckAncestors(header, head, pending, out _) : result;
        return result.IsValid ? CheckWork(header, publicData, out _) : result;
    }

    /// <summary>Checks what depends on the ancestors of a header of good form: parent, branch, height, time, bits, trusted checkpoint.</summary>
    /// <param name="header">The header.</param>
    /// <param name="head">The head.</param>
    /// <param name="pending">Headers whose blocks are not known yet; null for a block.</param>
    /// <param name="parent">The parent; null if it is a pending header.</param>
    internal ValidationResult CheckAncestors(BlockHeader header, ChainHead head, Func<Hash256, BlockHeader?>? pending, out ChainPosition? parent)
    {
        BlockEntry? entry = store.GetEntry(header.ParentHash);
        parent = entry?.Position;
        BlockHeader? above = entry?.Header ?? pending?.Invoke(header.ParentHash);
        if (above is null)
        {
            return ValidationResult.Fail(ValidationCode.UnknownParent, nameof(header.ParentHash), $"{header.ParentHash} is not known.");
        }

        ValidationResult result = entry is null ? ValidationResult.Ok : CheckBranch(entry, head);
        result = result.IsValid ? rules.CheckHeader(header, above, pending) : result;
        return result.IsValid ? trust.Check(header) : result;
    }

    /// <summary>Checks that the public data is the committed and claims a winning ticket.</summary>
    internal ValidationResult CheckWork(BlockHeader header, ReadOnlyMemory<byte> publicData, out Hash256 ticket)
    {
        ticket = default;
        ValidationResult result = WorkCertificates.CheckCommitment(header.CertificateCommitment, publicData.Span);
        return result.IsValid ? verifier.VerifyPublicData(header, publicData, out ticket) : result;
    }

    private ValidationResult CheckBranch(BlockEntry parent, ChainHead head)
    {
        if (parent.Status == BlockStatus.Invalid)
        {
            return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), "The parent is known to be invalid.");
        }

        return Forks.HeightOf(parent) < head.FinalizedHeight
            ? ValidationResult.Fail(ValidationCode.BelowFinalized, nameof(BlockHeader.ParentHash), $"Forks below height {head.FinalizedHeight}.")
            : ValidationResult.Ok;
    }
}
