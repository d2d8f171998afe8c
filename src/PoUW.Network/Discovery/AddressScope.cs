using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>Which part of the world an address is in.</summary>
internal static class AddressScope
{
    private static readonly (byte[] Prefix, int Bits)[] PrivateRanges =
    [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24), ([192, 0, 2], 24), ([192, 168], 16),
        ([198, 18], 15), ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 3),
    ];

    private static readonly (byte[] Prefix, int Bits)[] PrivateRanges6 =
    [
        // Unspecified, loopback and mapped IPv4 share the first 80 bits; then unique local, link-local, multicast, documentation.
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 80), ([0xfc], 7), ([0xfe, 0x80], 10), ([0xff], 8), ([0x20, 0x01, 0x0d, 0xb8], 32),
    ];

    /// <summary>True if anybody could dial it: a public IP address, or a name that is not one of a local network.</summary>
    public static bool IsPublic(Multiaddr address)
    {
        MultiaddrPart host = address.Parts[0];
        switch (host.Protocol)
        {
            case MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6:
                byte[] bytes = IPAddress.Parse(host.Value).GetAddressBytes();
                return !(bytes.Length == 4 ? PrivateRanges : PrivateRanges6).Any(range => IsIn(bytes, range.Prefix, range.Bits));
            case MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.Dnsaddr:
                return IsPublicName(host.Value);
            default:
                return false;
        }
    }

    /// <summary>
    /// The part of the network: the /16 of an IPv4 address, the /32 of an IPv6 address, the last two labels of a name. Whoever controls one
    /// address often controls many in the same part.
    /// </summary>
    public static string GroupOf(Multiaddr address)
    {
        MultiaddrPart host = address.Parts[0];
        switch (host.Protocol)
        {
            case MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6:
                IPAddress ip = IPAddress.Parse(host.Value);
                byte[] bytes = ip.GetAddressBytes();
                return ip.AddressFamily == AddressFamily.InterNetwork
                    ? string.Create(CultureInfo.InvariantCulture, $"{bytes[0]}.{bytes[1]}")
                    : Convert.ToHexStringLower(bytes.AsSpan(0, 4));
            default:
                string[] labels = host.Value.ToLowerInvariant().Split('.');
                return string.Join('.', labels[^Math.Min(2, labels.Length)..]);
        }
    }

    private static bool IsIn(ReadOnlySpan<byte> address, ReadOnlySpan<byte> prefix, int bits)
    {
        int whole = bits / 8;
        int rest = bits % 8;
        return address[..whole].SequenceEqual(prefix[..whole])
            && (rest == 0 || (address[whole] >> (8 - rest)) == (prefix[whole] >> (8 - rest)));
    }

    private static bool IsPublicName(string name)
    {
        string plain = name.TrimEnd('.');
        return plain.Contains('.', StringComparison.Ordinal)
            && !plain.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            && !plain.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            && !plain.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)
            && !plain.EndsWith(".home.arpa", StringComparison.OrdinalIgnoreCase);
    }
}
