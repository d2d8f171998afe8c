using System.Buffers;
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
/// <para>A transaction that was read keeps one array, its encoding; payload, key and signature are slices of it. One that was made from a
/// body refers to the memory of that body, which must not change afterwards.</para>
/// Immutable and thread-safe.
/// </summary>
public sealed class Transaction
{
    /// <summary>Largest payload in bytes.</summary>
    public const int MaxPayloadBytes = 128 * 1024;

    /// <summary>Largest encoded transaction in bytes.</summary>
    public const int MaxEncodedBytes = MaxPayloadBytes + 512;

    /// <summary>
    /// The smallest encoding: a list of seven numbers, an empty payload and a scheme of one byte each, a key of 34 and a signature of 66.
    /// </summary>
    internal const int MinEncodedBytes = 2 + 9 + 34 + SignatureItemBytes;

    private const int SignatureItemBytes = 2 + Secp256k1Scheme.SignatureSize;
    private const int MaxStackBytes = 1024;

    private readonly byte[] _encoded;

    /// <summary>Joins a body and its signature.</summary>
    /// <exception cref="ArgumentException">The signature is not 64 bytes.</exception>
    public Transaction(TransactionBody body, ReadOnlyMemory<byte> signature)
        : this(EncodeWith(body, signature.Span), body)
    {
    }

    private Transaction(byte[] encoded, TransactionBody body)
    {
        Body = body;
        _encoded = encoded;
        Id = HashBody(encoded, forSigning: false);
        FullHash = Hash256.Sha256(encoded);
    }

    private static ReadOnlySpan<byte> SigningPrefix => "PoUW/tx"u8;

    /// <summary>Everything but the signature.</summary>
    public TransactionBody Body { get; }

    /// <summary>r and s, 32 bytes each.</summary>
    public ReadOnlyMemory<byte> Signature => _encoded.AsMemory(_encoded.Length - Secp256k1Scheme.SignatureSize);

    /// <summary>SHA-256 of the body: the name of the transaction.</summary>
    public Hash256 Id { get; }

    /// <summary>SHA-256 of the full encoding: fixes the signature too.</summary>
    public Hash256 FullHash { get; }

    /// <summary>What the signature signs. Computed at every call: it is asked for once in the life of most transactions.</summary>
    public Hash256 SigningHash => HashBody(_encoded, forSigning: true);

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

        // Nothing is copied for bytes that are not even one list.
        RlpReader probe = new(data);
        probe.ReadListPayload();
        if (!probe.TryFinish())
        {
            return Malformed();
        }

        byte[] encoded = data.ToArray();
        RlpReader outer = new(encoded);
        RlpReader items = outer.ReadList();
        TransactionBody body = TransactionBody.ReadItems(ref items, encoded);
        items.ReadFixed(Secp256k1Scheme.SignatureSize);
        if (!items.TryFinish() || !outer.TryFinish())
        {
            return Malformed();
        }

        transaction = new Transaction(encoded, body);
        return ValidationResult.Ok;
    }

    /// <summary>What a signature of a body signs.</summary>
    internal static Hash256 HashForSigning(TransactionBody body)
    {
        using RlpWriter writer = new();
        body.WriteItems(writer.BeginList());
        ReadOnlySpan<byte> encoded = writer.EndList().WrittenSpan;
        int total = SigningPrefix.Length + encoded.Length;
        byte[]? rented = total > MaxStackBytes ? ArrayPool<byte>.Shared.Rent(total) : null;
        Span<byte> preimage = rented ?? stackalloc byte[MaxStackBytes];
        SigningPrefix.CopyTo(preimage);
        encoded.CopyTo(preimage[SigningPrefix.Length..]);
        Hash256 hash = Hash256.Sha256(preimage[..total]);
        Return(rented);
        return hash;
    }

    private static byte[] EncodeWith(TransactionBody body, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != Secp256k1Scheme.SignatureSize)
        {
            throw new ArgumentException($"A signature is {Secp256k1Scheme.SignatureSize} bytes, not {signature.Length}.", nameof(signature));
        }

        RlpWriter writer = new();
        body.WriteItems(writer.BeginList());
        return writer.Write(signature).EndList().Finish();
    }

    /// <summary>
    /// Hashes the encoding of the body, which is that of the transaction without its last item and with the header of a shorter list;
    /// with the prefix in front it is what the signature signs.
    /// </summary>
    private static Hash256 HashBody(ReadOnlySpan<byte> encoded, bool forSigning)
    {
        RlpReader outer = new(encoded);
        ReadOnlySpan<byte> items = outer.ReadListPayload()[..^SignatureItemBytes];
        int bound = SigningPrefix.Length + RlpWriter.ListLength(items.Length);
        byte[]? rented = bound > MaxStackBytes ? ArrayPool<byte>.Shared.Rent(bound) : null;
        Span<byte> preimage = rented ?? stackalloc byte[MaxStackBytes];
        int length = 0;
        if (forSigning)
        {
            SigningPrefix.CopyTo(preimage);
            length = SigningPrefix.Length;
        }

        length += RlpWriter.WriteListHeader(preimage[length..], items.Length);
        items.CopyTo(preimage[length..]);
        Hash256 hash = Hash256.Sha256(preimage[..(length + items.Length)]);
        Return(rented);
        return hash;
    }

    private static ValidationResult Malformed() =>
        ValidationResult.Fail(ValidationCode.Malformed, nameof(Transaction), "Not the canonical encoding of a transaction.");

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
