using PoUW.Core.Validation;

namespace PoUW.Network.Identity;

/// <summary>The texts of a peer id: base58 of the multihash, or a CID (version 1, codec libp2p-key) in base32 ("b…") or base58 ("z…").</summary>
internal static class PeerIdText
{
    // A multihash of 44 bytes in a CID of 46 in base32 is 75 characters.
    private const int MaxLength = 96;
    private const string Base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    public static ValidationResult TryParse(string text, out PeerId id)
    {
        id = default;
        if (text.Length is 0 or > MaxLength)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(PeerId), $"{text.Length} characters; allowed are 1 to {MaxLength}.");
        }

        byte[]? bytes = text[0] switch
        {
            // Multihashes begin with 1 (identity) or Qm (SHA-256), so no base58 text is mistaken for a CID.
            'b' => OfCid(DecodeBase32(text.AsSpan(1))),
            'z' => OfCid(Base58.TryDecode(text.AsSpan(1), MaxLength)),
            _ => Base58.TryDecode(text, PeerId.MaxBytes),
        };
        return bytes is null
            ? ValidationResult.Fail(ValidationCode.Malformed, nameof(PeerId), "The text is not base58, nor the CID of a key.")
            : PeerId.TryDecode(bytes, out id);
    }

    private static byte[]? OfCid(byte[]? cid) => cid is [1, 0x72, .. byte[] multihash] ? multihash : null;

    private static byte[]? DecodeBase32(ReadOnlySpan<char> text)
    {
        byte[] decoded = new byte[text.Length * 5 / 8];
        (uint buffer, int bits, int count) = (0, 0, 0);
        foreach (char character in text)
        {
            int digit = Base32Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (digit < 0)
            {
                return null;
            }

            buffer = ((buffer & 0xff) << 5) | (uint)digit;
            bits += 5;
            if (bits >= 8)
            {
                bits -= 8;
                decoded[count++] = (byte)((buffer >> bits) & 0xff);
                buffer &= (1u << bits) - 1;
            }
        }

        return buffer == 0 && bits < 5 ? decoded : null;
    }
}
