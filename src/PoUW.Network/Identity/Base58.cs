namespace PoUW.Network.Identity;

/// <summary>The Bitcoin alphabet's base58. Time grows with the square of the length, so decoding is bounded.</summary>
internal static class Base58
{
    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        int zeros = bytes.IndexOfAnyExcept((byte)0) is >= 0 and int first ? first : bytes.Length;
        byte[] digits = new byte[(bytes.Length * 138 / 100) + 1];
        int used = 0;
        foreach (byte value in bytes[zeros..])
        {
            int carry = value;
            int i = 0;
            for (; carry != 0 || i < used; i++)
            {
                carry += digits[i] << 8;
                digits[i] = (byte)(carry % 58);
                carry /= 58;
            }

            used = i;
        }

        char[] text = new char[zeros + used];
        text.AsSpan(0, zeros).Fill('1');
        for (int i = 0; i < used; i++)
        {
            text[zeros + i] = Alphabet[digits[used - 1 - i]];
        }

        return new string(text);
    }

    /// <returns>Null if a character is not of the alphabet or the result is longer than allowed.</returns>
    public static byte[]? TryDecode(ReadOnlySpan<char> text, int maxBytes)
    {
        // Even leading ones, the cheapest digits, are a byte each.
        if (text.Length > (maxBytes * 138 / 100) + 1)
        {
            return null;
        }

        int zeros = text.IndexOfAnyExcept('1') is >= 0 and int first ? first : text.Length;
        byte[] bytes = new byte[text.Length];
        int used = 0;
        foreach (char character in text[zeros..])
        {
            int carry = Alphabet.IndexOf(character, StringComparison.Ordinal);
            if (carry < 0)
            {
                return null;
            }

            int i = 0;
            for (; carry != 0 || i < used; i++)
            {
                carry += bytes[i] * 58;
                bytes[i] = (byte)(carry & 0xff);
                carry >>= 8;
            }

            used = i;
        }

        if (zeros + used > maxBytes)
        {
            return null;
        }

        byte[] decoded = new byte[zeros + used];
        for (int i = 0; i < used; i++)
        {
            decoded[zeros + i] = bytes[used - 1 - i];
        }

        return decoded;
    }
}
