using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>
/// The name of a peer: the multihash of its encoded public key, the key itself if that is no longer than 42 bytes (libp2p specification,
/// peer-ids). Ordering follows the bytes. The default value names nobody.
/// </summary>
public readonly struct PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>The longest multihash that is a peer id.</summary>
    public const int MaxBytes = 2 + MaxInlineKeyBytes;

    private const int MaxInlineKeyBytes = 42;
    private const byte IdentityCode = 0x00;
    private const byte Sha256Code = 0x12;

    private readonly byte[]? _bytes;

    private PeerId(byte[] bytes) => _bytes = bytes;

    /// <summary>True for the default value.</summary>
    public bool IsNone => _bytes is null;

    /// <summary>The multihash.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The id of a key.</summary>
    public static PeerId Of(PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] encoded = key.Encode();
        bool isInline = encoded.Length <= MaxInlineKeyBytes;
        ReadOnlySpan<byte> digest = isInline ? encoded : SHA256.HashData(encoded);
        return new PeerId([isInline ? IdentityCode : Sha256Code, (byte)digest.Length, .. digest]);
    }

    /// <summary>Reads a multihash: SHA-256, or the identity of at most 42 bytes.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out PeerId id)
    {
        id = default;
        bool isSha256 = encoded is [Sha256Code, SHA256.HashSizeInBytes, ..] && encoded.Length == 2 + SHA256.HashSizeInBytes;
        bool isInline = encoded is [IdentityCode, <= MaxInlineKeyBytes and > 0, ..] && encoded.Length == 2 + encoded[1];
        if (!isSha256 && !isInline)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(PeerId), "A peer id is a SHA-256 or identity multihash.");
        }

        id = new PeerId(encoded.ToArray());
        return ValidationResult.Ok;
    }

    /// <summary>Reads the base58 text of a multihash, or a CID of a libp2p key in base32 or base58.</summary>
    public static ValidationResult TryParse(string text, out PeerId id) => PeerIdText.TryParse(text, out id);

    /// <summary>The key, if the id holds it whole.</summary>
    public bool TryGetKey(out PublicKey? key)
    {
        key = null;
        return _bytes is [IdentityCode, ..] && PublicKey.TryDecode(_bytes.AsSpan(2), out key).IsValid;
    }

    /// <inheritdoc/>
    public int CompareTo(PeerId other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <inheritdoc/>
    public bool Equals(PeerId other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashOf(Bytes);

    /// <summary>The multihash in base58, as libp2p writes it.</summary>
    public override string ToString() => Base58.Encode(Bytes);

    /// <summary>The last eight characters of the text, for logs: the first ones are the same for all keys of a kind.</summary>
    public string ToShortString() => ToString() is { Length: > 8 } text ? text[^8..] : ToString();

    /// <summary>A hash code from content: the end of the bytes, which is key material or digest.</summary>
    internal static int HashOf(ReadOnlySpan<byte> bytes) => bytes.Length < 4 ? bytes.Length : BinaryPrimitives.ReadInt32LittleEndian(bytes[^4..]);

    /// <summary>Same bytes.</summary>
    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;
}
