using Nethereum.Util;
using PoUW.Core.Primitives;

namespace PoUW.Interop.Nethereum;

/// <summary>Addresses: Nethereum has them as text. Stateless, any thread.</summary>
public static class AddressConversions
{
    /// <summary>The text that Nethereum takes: 0x, 40 digits, checksum of EIP-55.</summary>
    public static string ToNethereum(this Address address) => address.ToString();

    /// <summary>
    /// Reads an address that Nethereum gave. Stricter than Nethereum's own check: text in mixed case must carry the right checksum, and an absent
    /// address is not the zero address.
    /// </summary>
    /// <returns>False if the text is not 0x and 40 hexadecimal digits, or its checksum is wrong.</returns>
    public static bool TryFromNethereum(string? text, out Address address) => AddressText.TryParse(text, out address);

    /// <summary>True if both libraries write the address alike; false would mean that one of them has another Keccak-256 or another EIP-55.</summary>
    public static bool IsWrittenAlike(this Address address) =>
        string.Equals(AddressUtil.Current.ConvertToChecksumAddress(address.ToArray()), address.ToString(), StringComparison.Ordinal);
}
