using PoUW.Core.Validation;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Identity;

/// <summary>
/// A peer's public key as the libp2p specification encodes it (peer-ids, "Keys"). Immutable. Whether the data is a key at all shows when it
/// verifies a signature.
/// </summary>
public sealed class PublicKey : IEquatable<PublicKey>
{
    /// <summary>The longest encoding that is read: an RSA key of 8,192 bits fits.</summary>
    public const int MaxEncodedBytes = 2048;

    private readonly byte[] _data;

    /// <summary>A key of raw data; copied.</summary>
    /// <param name="type">The kind.</param>
    /// <param name="data">Ed25519: 32 bytes. secp256k1: 33 bytes, compressed. RSA and ECDSA: SubjectPublicKeyInfo in DER.</param>
    public PublicKey(KeyType type, ReadOnlySpan<byte> data)
    {
        (Type, _data) = (type, data.ToArray());
    }

    /// <summary>The kind.</summary>
    public KeyType Type { get; }

    /// <summary>The key material.</summary>
    public ReadOnlySpan<byte> Data => _data;

    /// <summary>The protobuf encoding, which is deterministic.</summary>
    public byte[] Encode()
    {
        ProtoWriter writer = new();
        writer.WriteVarint(1, (ulong)Type);
        writer.WriteBytes(2, _data);
        return writer.ToArray();
    }

    /// <summary>Reads an encoding. The key material is not looked at.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out PublicKey? key)
    {
        key = null;
        if (encoded.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(PublicKey), $"{encoded.Length} bytes; at most {MaxEncodedBytes}.");
        }

        ProtoReader reader = new(encoded, maxFields: 2);
        ulong type = 0;
        ReadOnlySpan<byte> data = default;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                type = reader.Varint;
            }
            else
            {
                data = reader.Bytes;
            }
        }

        if (reader.IsMalformed || data.IsEmpty)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(PublicKey), "A key is a type and data.");
        }

        if (type > (ulong)KeyType.Ecdsa)
        {
            return ValidationResult.Fail(ValidationCode.UnknownKind, nameof(Type), $"Key type {type} is not known.");
        }

        // A peer id names one encoding, so there is only one: these two fields in this order, in their shortest form, nothing else.
        PublicKey read = new((KeyType)type, data);
        if (!read.Encode().AsSpan().SequenceEqual(encoded))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(PublicKey), "The encoding of the key is not the canonical one.");
        }

        key = read;
        return ValidationResult.Ok;
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Type == other.Type && Data.SequenceEqual(other.Data);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => PeerId.HashOf(_data);
}
