using System.Text;
using PoUW.Core.Codec;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Transactions;

/// <summary>
/// A signed transaction. The body is the RLP list (kind, chainId, nonce, expiryHeight, gasLimit, maxFeePerGas, tipPerGas, payload,
/// schemeId, publicKey); the full encoding appends the signature to that list. The signature signs SHA-256("PoUW/tx" || body).
/// <para>The <see cref="Id"/> is SHA-256 of the body, which holds the public key: two valid signatures of one body are one transaction,
/// and nobody can change the id of a transaction on its way. Blocks commit to <see cref="FullHash"/> instead, so that the id of a block
/// fixes every byte of it; whatever depends on the signature being right must be keyed by <see cref="FullHash"/>, never by the id.</para>
/// Immutable and thread-safe.
/// </summary>
public sealed class Transaction
{
    /// <summary>Largest payload in bytes.</summary>
    public const int MaxPayloadBytes = 128 * 1024;

    /// <summary>Largest encoded transaction in bytes.</summary>
    public const int MaxEncodedBytes = MaxPayloadBytes + 512;

    private readonly byte[] _encoded;

    /// <summary>Joins a body and its signature.</summary>
    /// <exception cref="ArgumentException">The signature is not 64 bytes.</exception>
    public Transaction(TransactionBody body, ReadOnlyMemory<byte> signature)
    {
        if (signature.Length != Secp256k1Scheme.SignatureSize)
        {
            throw new ArgumentException($"A signature is {Secp256k1Scheme.SignatureSize} bytes, not {signature.Length}.", nameof(signature));
        }

        Body = body;
        Signature = signature;
        RlpWriter writer = new RlpWriter().BeginList();
        body.WriteItems(writer);
        _encoded = writer.Write(signature.Span).EndList().ToArray();
        byte[] encodedBody = body.Encode();
        Id = Hash256.Sha256(encodedBody);
        SigningHash = HashForSigning(encodedBody);
        FullHash = Hash256.Sha256(_encoded);
    }

    /// <summary>Everything but the signature.</summary>
    public TransactionBody Body { get; }

    /// <summary>r and s, 32 bytes each.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>SHA-256 of the body: the name of the transaction.</summary>
    public Hash256 Id { get; }

    /// <summary>SHA-256 of the full encoding: fixes the signature too.</summary>
    public Hash256 FullHash { get; }

    /// <summary>What the signature signs.</summary>
    public Hash256 SigningHash { get; }

    /// <summary>Bytes of the full encoding.</summary>
    public int EncodedLength => _encoded.Length;

    /// <summary>The full canonical encoding. Must not be changed.</summary>
    public ReadOnlyMemory<byte> Encode() => _encoded;

    /// <summary>Reads one transaction; checks form and limits, not the signature.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out Transaction? transaction)
    {
        transaction = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(Transaction), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        TransactionBody body = TransactionBody.ReadItems(ref items);
        byte[] signature = items.ReadFixed(Secp256k1Scheme.SignatureSize).ToArray();
        if (!items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Transaction), "Not the canonical encoding of a transaction.");
        }

        transaction = new Transaction(body, signature);
        return ValidationResult.Ok;
    }

    internal static Hash256 HashForSigning(ReadOnlySpan<byte> encodedBody)
    {
        return Hash256.Sha256([.. Encoding.ASCII.GetBytes("PoUW/tx"), .. encodedBody]);
    }
}
