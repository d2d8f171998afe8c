using System.Text;
using PoUW.Core.Validation;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Identity;

/// <summary>
/// A payload that a peer has signed for one purpose (libp2p RFC 0002): the signature covers a domain, which is not in the envelope, the
/// payload's type and the payload, so that what was signed for one protocol is worth nothing in another. An instance was sealed here or its
/// signature was verified. Immutable.
/// </summary>
public sealed class SignedEnvelope
{
    /// <summary>The longest encoding that is read.</summary>
    public const int MaxBytes = 16 * 1024;

    private const int MaxFields = 16;

    private SignedEnvelope(PublicKey key, byte[] payloadType, byte[] payload, byte[] signature)
    {
        (Key, Signer, PayloadType, Payload, Signature) = (key, PeerId.Of(key), payloadType, payload, signature);
    }

    /// <summary>The key that signed.</summary>
    public PublicKey Key { get; }

    /// <summary>The peer of the key.</summary>
    public PeerId Signer { get; }

    /// <summary>What the payload is; a multicodec by custom.</summary>
    public ReadOnlyMemory<byte> PayloadType { get; }

    /// <summary>What was signed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Signs a payload.</summary>
    /// <param name="key">Signs.</param>
    /// <param name="domain">The purpose.</param>
    /// <param name="payloadType">What the payload is.</param>
    /// <param name="payload">The payload.</param>
    /// <exception cref="ArgumentException">The envelope would be longer than <see cref="MaxBytes"/>.</exception>
    public static SignedEnvelope Seal(IdentityKey key, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        byte[] signature = key.Sign(SignedBytes(domain, payloadType, payload));
        SignedEnvelope envelope = new(key.PublicKey, payloadType.ToArray(), payload.ToArray(), signature);
        int length = envelope.Encode().Length;
        return length <= MaxBytes ? envelope : throw new ArgumentException($"The envelope has {length} bytes; at most {MaxBytes}.", nameof(payload));
    }

    /// <summary>Reads an envelope of a purpose and a type and verifies it. Unknown fields are skipped. Never throws on bad input.</summary>
    /// <param name="encoded">Bytes of anybody.</param>
    /// <param name="domain">The purpose for which it must have been signed.</param>
    /// <param name="payloadType">The type that it must have.</param>
    /// <param name="verifier">Verifies the signature.</param>
    /// <param name="envelope">The envelope, or null.</param>
    public static ValidationResult TryOpen(
        ReadOnlySpan<byte> encoded, string domain, ReadOnlySpan<byte> payloadType, IdentityVerifier verifier, out SignedEnvelope? envelope)
    {
        envelope = null;
        if (encoded.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(SignedEnvelope), $"{encoded.Length} bytes; at most {MaxBytes}.");
        }

        EnvelopeFields fields = EnvelopeFields.Read(encoded);
        if (fields.IsMalformed)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(SignedEnvelope), "Not a message, or one with too many fields.");
        }

        ValidationResult result = PublicKey.TryDecode(fields.Key, out PublicKey? key);
        if (result.IsValid && !fields.PayloadType.SequenceEqual(payloadType))
        {
            result = ValidationResult.Fail(ValidationCode.UnknownKind, nameof(PayloadType), "The payload is of another type.");
        }

        if (result.IsValid)
        {
            result = verifier.Verify(key!, SignedBytes(domain, payloadType, fields.Payload), fields.Signature);
        }

        envelope = result.IsValid
            ? new SignedEnvelope(key!, payloadType.ToArray(), fields.Payload.ToArray(), fields.Signature.ToArray())
            : null;
        return result;
    }

    /// <summary>The protobuf encoding.</summary>
    public byte[] Encode()
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, Key.Encode());
        writer.WriteBytes(2, PayloadType.Span);
        writer.WriteBytes(3, Payload.Span);
        writer.WriteBytes(5, Signature.Span);
        return writer.ToArray();
    }

    /// <summary>Domain, type and payload, each with its length before it as a varint.</summary>
    private static byte[] SignedBytes(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        using MemoryStream bytes = new();
        Span<byte> prefix = stackalloc byte[Varint.MaxBytes];
        byte[] purpose = Encoding.UTF8.GetBytes(domain);
        bytes.Write(prefix[..Varint.Write(prefix, (ulong)purpose.Length)]);
        bytes.Write(purpose);
        bytes.Write(prefix[..Varint.Write(prefix, (ulong)payloadType.Length)]);
        bytes.Write(payloadType);
        bytes.Write(prefix[..Varint.Write(prefix, (ulong)payload.Length)]);
        bytes.Write(payload);
        return bytes.ToArray();
    }

    /// <summary>The fields as they stand in the bytes.</summary>
    private ref struct EnvelopeFields
    {
        public ReadOnlySpan<byte> Key;
        public ReadOnlySpan<byte> PayloadType;
        public ReadOnlySpan<byte> Payload;
        public ReadOnlySpan<byte> Signature;
        public bool IsMalformed;

        public static EnvelopeFields Read(ReadOnlySpan<byte> encoded)
        {
            EnvelopeFields fields = default;
            ProtoReader reader = new(encoded, MaxFields);
            while (reader.Next())
            {
                switch (reader.Field)
                {
                    case 1:
                        fields.Key = reader.Bytes;
                        break;
                    case 2:
                        fields.PayloadType = reader.Bytes;
                        break;
                    case 3:
                        fields.Payload = reader.Bytes;
                        break;
                    case 5:
                        fields.Signature = reader.Bytes;
                        break;
                    default:
                        break;
                }
            }

            fields.IsMalformed = reader.IsMalformed;
            return fields;
        }
    }
}
