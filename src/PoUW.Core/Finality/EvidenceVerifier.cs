using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Finality;

/// <summary>Decides whether evidence proves an offence on one chain. Needs no state. Thread-safe.</summary>
internal sealed class EvidenceVerifier(ISignatureScheme scheme)
{
    private readonly SignatureVerifier _signatures = new(scheme, capacity: 1024);

    /// <summary>Checks evidence from cheap to dear; gives the offence if it is proven.</summary>
    internal ValidationResult Verify(Evidence evidence, ulong chainId, out Offence? offence)
    {
        return evidence.Kind == EvidenceKind.Votes
            ? VerifyVotes(evidence, chainId, out offence)
            : VerifyBlocks(evidence, chainId, out offence);
    }

    private ValidationResult VerifyVotes(Evidence evidence, ulong chainId, out Offence? offence)
    {
        offence = null;
        bool read = TryReadVote(evidence.First.Span, chainId, out Transaction? first, out CheckpointVote? firstVote)
            & TryReadVote(evidence.Second.Span, chainId, out Transaction? second, out CheckpointVote? secondVote);
        if (!read)
        {
            return Bad("An item is no vote of this chain.");
        }

        if (!firstVote!.ConflictsWith(secondVote!))
        {
            return Bad("One account may sign both votes.");
        }

        bool signed = _signatures.Verify(first!, out Address voter).IsValid & _signatures.Verify(second!, out Address other).IsValid;
        if (!signed || voter != other)
        {
            return Bad("The votes are not both signed by one account.");
        }

        offence = Offence.OfVotes(voter, firstVote, secondVote!);
        return ValidationResult.Ok;
    }

    private ValidationResult VerifyBlocks(Evidence evidence, ulong chainId, out Offence? offence)
    {
        offence = null;
        bool read = SignedHeader.TryDecode(evidence.First.Span, out SignedHeader? first)
            & SignedHeader.TryDecode(evidence.Second.Span, out SignedHeader? second);
        if (!read || first!.Header.ChainId != chainId || second!.Header.ChainId != chainId)
        {
            return Bad("An item is no signed header of this chain.");
        }

        bool rivals = first.Header.Producer == second.Header.Producer
            && first.Header.ParentHash == second.Header.ParentHash
            && first.Header.Id != second.Header.Id;
        if (!rivals)
        {
            return Bad("The headers are not two blocks of one producer on one parent.");
        }

        if (!first.Seal.Verify(scheme, first.Header) || !second.Seal.Verify(scheme, second.Header))
        {
            return Bad("The headers are not both signed by their producer.");
        }

        offence = Offence.OfBlocks(first.Header.Producer, first.Header.ParentHash);
        return ValidationResult.Ok;
    }

    private static bool TryReadVote(ReadOnlySpan<byte> item, ulong chainId, out Transaction? transaction, out CheckpointVote? vote)
    {
        vote = null;
        return Transaction.TryDecode(item, out transaction).IsValid
            && transaction!.Body.Kind == TransactionKind.CheckpointVote
            && transaction.Body.ChainId == chainId
            && CheckpointVote.TryDecode(transaction.Body.Payload.Span, out vote).IsValid;
    }

    private static ValidationResult Bad(string message) => ValidationResult.Fail(ValidationCode.BadEvidence, nameof(Evidence), message);
}
