using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Security;

/// <summary>The one message of <c>/plaintext/2.0.0</c>: an id and the key that it is made of.</summary>
public static class PlaintextExchange
{
    /// <summary>The longest message that is read.</summary>
    public const int MaxBytes = PublicKey.MaxEncodedBytes + 64;

    private const int MaxFields = 8;

    /// <summary>Encodes the exchange of a key.</summary>
    public static byte[] Encode(PublicKey key)
    {
        ProtoWriter writer = new();
        writer.WriteBytes(1, PeerId.Of(key).Bytes);
        writer.WriteBytes(2, key.Encode());
        return writer.ToArray();
    }

    /// <summary>Reads an exchange whose id fits its key. Unknown fields are skipped. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out PublicKey? key)
    {
        key = null;
        if (encoded.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(PlaintextExchange), $"{encoded.Length} bytes; at most {MaxBytes}.");
        }

        ProtoReader reader = new(encoded, MaxFields);
        ReadOnlySpan<byte> id = default;
        ReadOnlySpan<byte> encodedKey = default;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.Bytes;
                    break;
                case 2:
                    encodedKey = reader.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (reader.IsMalformed)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(PlaintextExchange), "Not a message, or one with too many fields.");
        }

        ValidationResult read = PublicKey.TryDecode(encodedKey, out PublicKey? claimed);
        if (!read.IsValid)
        {
            return read;
        }

        if (!PeerId.Of(claimed!).Bytes.SequenceEqual(id))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(PeerId), "The id is not that of the key.");
        }

        key = claimed;
        return ValidationResult.Ok;
    }
}
