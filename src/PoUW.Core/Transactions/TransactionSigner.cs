using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Signing;

namespace PoUW.Core.Transactions;

/// <summary>Builds signed transactions for one network. Stateless and thread-safe.</summary>
public sealed class TransactionSigner(NetworkParameters parameters)
{
    /// <summary>Signs a body as it is; its public key must be the signer's.</summary>
    /// <exception cref="ArgumentException">The body holds another public key.</exception>
    public static Transaction Sign(KeyPair signer, TransactionBody body)
    {
        if (!body.PublicKey.Span.SequenceEqual(signer.PublicKey.Span))
        {
            throw new ArgumentException("The body holds another public key than the signer's.", nameof(body));
        }

        return new Transaction(body, signer.Sign(Transaction.HashForSigning(body)));
    }

    /// <summary>Signs a payload with exactly the gas that it needs and the network's base fee.</summary>
    /// <param name="signer">Whose account pays.</param>
    /// <param name="kind">The kind of the payload.</param>
    /// <param name="nonce">The account's next nonce.</param>
    /// <param name="payload">The module's encoding.</param>
    /// <param name="tipPerGas">Base units a unit of gas for the producer; buys priority.</param>
    /// <param name="expiryHeight">The last height at which it may execute.</param>
    public Transaction Sign(
        KeyPair signer, TransactionKind kind, ulong nonce, ReadOnlyMemory<byte> payload, ulong tipPerGas = 0, ulong expiryHeight = ulong.MaxValue)
    {
        return Sign(signer, Body(signer.PublicKey, kind, nonce, payload, tipPerGas, expiryHeight));
    }

    /// <summary>Has a body signed as it is; its public key must be the signer's.</summary>
    /// <returns>The transaction if it was signed; its signature is not verified here.</returns>
    /// <exception cref="ArgumentException">The body holds another public key.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static async ValueTask<(SignResult Result, Transaction? Transaction)> SignAsync(
        ISigner signer, TransactionBody body, CancellationToken cancellation = default)
    {
        TransactionSigningRequest request = SigningRequest.For(body);
        if (!request.IsFor(signer))
        {
            throw new ArgumentException("The body holds another public key than the signer's.", nameof(body));
        }

        SignResult result = await signer.SignAsync(request, cancellation).ConfigureAwait(false);
        if (result.IsSigned && result.Signature.Length != Secp256k1Scheme.SignatureSize)
        {
            result = SignResult.Unavailable($"The signer gave {result.Signature.Length} bytes; a signature is {Secp256k1Scheme.SignatureSize}.");
        }

        return (result, result.IsSigned ? new Transaction(body, result.Signature) : null);
    }

    /// <summary>As <see cref="Sign(KeyPair, TransactionKind, ulong, ReadOnlyMemory{byte}, ulong, ulong)"/>, by a signer that may be elsewhere.</summary>
    /// <returns>The transaction if it was signed; its signature is not verified here.</returns>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public ValueTask<(SignResult Result, Transaction? Transaction)> SignAsync(
        ISigner signer, TransactionKind kind, ulong nonce, ReadOnlyMemory<byte> payload, ulong tipPerGas = 0,
        ulong expiryHeight = ulong.MaxValue, CancellationToken cancellation = default)
    {
        return SignAsync(signer, Body(signer.PublicKey, kind, nonce, payload, tipPerGas, expiryHeight), cancellation);
    }

    /// <summary>Signs a transfer.</summary>
    public Transaction Transfer(KeyPair signer, ulong nonce, Address to, Amount amount, ulong tipPerGas = 0)
    {
        return Sign(signer, TransactionKind.Transfer, nonce, new TransferPayload(to, amount).Encode(), tipPerGas);
    }

    private TransactionBody Body(
        ReadOnlyMemory<byte> publicKey, TransactionKind kind, ulong nonce, ReadOnlyMemory<byte> payload, ulong tipPerGas, ulong expiryHeight) => new()
        {
            Kind = kind,
            ChainId = parameters.ChainId,
            Nonce = nonce,
            ExpiryHeight = expiryHeight,
            GasLimit = TransactionGas.Intrinsic(payload.Length),
            MaxFeePerGas = checked((ulong)parameters.BaseFeePerGas.BaseUnits + tipPerGas),
            TipPerGas = tipPerGas,
            Payload = payload,
            PublicKey = publicKey,
        };
}
