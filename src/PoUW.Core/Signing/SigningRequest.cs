using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Signing;

/// <summary>What a signer is asked to sign. Immutable; only the kinds of this package exist.</summary>
public abstract class SigningRequest
{
    private protected SigningRequest()
    {
    }

    /// <summary>What the signature signs, computed from the content.</summary>
    public abstract Hash256 Hash { get; }

    /// <summary>True if the key is the one that the content names.</summary>
    public abstract bool IsFor(ISigner signer);

    /// <summary>The request for a transaction: a <see cref="VoteSigningRequest"/> if it is a well-formed vote.</summary>
    public static TransactionSigningRequest For(TransactionBody body) =>
        body.Kind == TransactionKind.CheckpointVote && CheckpointVote.TryDecode(body.Payload.Span, out CheckpointVote? vote).IsValid
            ? new VoteSigningRequest(body, vote!)
            : new TransactionSigningRequest(body);
}
