using System.Text;
using PoUW.Core.Hashing;

namespace PoUW.Core.Primitives;

/// <summary>Text form of addresses: 0x, 40 hexadecimal digits, mixed-case checksum (EIP-55).</summary>
public static class AddressText
{
    /// <summary>Writes the checksummed form.</summary>
    public static string Format(Address address)
    {
        string lower = Convert.ToHexStringLower(address.ToArray());
        byte[] digest = Keccak256.HashData(Encoding.ASCII.GetBytes(lower)).ToArray();
        StringBuilder text = new("0x", 42);
        for (int i = 0; i < lower.Length; i++)
        {
            int nibble = (digest[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15;
            text.Append(nibble >= 8 ? char.ToUpperInvariant(lower[i]) : lower[i]);
        }

        return text.ToString();
    }

    /// <summary>
    /// Reads an address. Text in one case is taken as it is; text in mixed case must carry the right checksum.
    /// </summary>
    /// <returns>False if it is not 0x and 40 hexadecimal digits, or the checksum is wrong.</returns>
    public static bool TryParse(string? text, out Address address)
    {
        address = default;
        if (text is not { Length: 42 } || !text.StartsWith("0x", StringComparison.Ordinal))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Address.Size];
        string digits = text[2..];
        if (Convert.FromHexString(digits, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        Address parsed = new(bytes);
        bool oneCase = digits == digits.ToLowerInvariant() || digits == digits.ToUpperInvariant();
        if (!oneCase && Format(parsed) != text)
        {
            return false;
        }

        address = parsed;
        return true;
    }
}
