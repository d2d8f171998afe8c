using PoUW.Core.Primitives;
using PoUW.Core.Transactions;

namespace PoUW.Core.Signing;

/// <summary>Asks for the signature of a transaction. Made by <see cref="SigningRequest.For"/>.</summary>
public class TransactionSigningRequest : SigningRequest
{
    internal TransactionSigningRequest(TransactionBody body)
    {
        Body = body;
    }

    /// <summary>The transaction without its signature.</summary>
    public TransactionBody Body { get; }

    /// <inheritdoc/>
    public override Hash256 Hash => Transaction.HashForSigning(Body);

    /// <inheritdoc/>
    public override bool IsFor(ISigner signer) => Body.PublicKey.Span.SequenceEqual(signer.PublicKey.Span);
}
