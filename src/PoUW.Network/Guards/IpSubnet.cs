using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// The part of the network that one operator is likely to hold alone: the /24 of an IPv4 address or the /64 of an IPv6 address. IPv4 addresses in
/// IPv6 clothes are taken for what they are. The default value holds nothing.
/// </summary>
public readonly struct IpSubnet : IEquatable<IpSubnet>
{
    /// <summary>Bits of the address that name an IPv4 subnet.</summary>
    public const int Ipv4Bits = 24;

    /// <summary>Bits of the address that name an IPv6 subnet.</summary>
    public const int Ipv6Bits = 64;

    // The network part: 3 bytes with the family's mark above them, or 8 bytes.
    private readonly ulong _network;
    private readonly AddressFamily _family;

    private IpSubnet(ulong network, AddressFamily family) => (_network, _family) = (network, family);

    /// <summary>True if the addresses lead back to this machine.</summary>
    public bool IsLoopback => _family == AddressFamily.InterNetwork && _network >> 16 == 127;

    /// <summary>The subnet of an address.</summary>
    public static IpSubnet Of(IPAddress address)
    {
        byte[] bytes = Normalize(address).GetAddressBytes();
        ulong network = 0;
        int length = bytes.Length == 4 ? Ipv4Bits / 8 : Ipv6Bits / 8;
        foreach (byte part in bytes.AsSpan(0, length))
        {
            network = (network << 8) | part;
        }

        return new IpSubnet(network, bytes.Length == 4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
    }

    /// <summary>The subnet of the IP address that an address begins with, or null: names and addresses in memory have none.</summary>
    public static IpSubnet? Of(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IpAddress is { } ip ? Of(ip) : null;
    }

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string text, out IpSubnet subnet)
    {
        subnet = default;
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out IPAddress? address))
        {
            return false;
        }

        IpSubnet parsed = Of(address);
        subnet = parsed.ToString() == text ? parsed : default;
        return subnet != default;
    }

    /// <summary>True if the address is in the subnet.</summary>
    public bool Contains(IPAddress address) => Of(address) == this;

    /// <inheritdoc/>
    public bool Equals(IpSubnet other) => _network == other._network && _family == other._family;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IpSubnet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)(_network ^ (_network >> 32))) ^ (int)_family;

    /// <summary>"192.0.2.0/24" or "2001:db8::/64".</summary>
    public override string ToString()
    {
        if (_family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return "";
        }

        bool isIpv4 = _family == AddressFamily.InterNetwork;
        byte[] bytes = new byte[isIpv4 ? 4 : 16];
        int length = isIpv4 ? Ipv4Bits / 8 : Ipv6Bits / 8;
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((_network >> (8 * (length - 1 - i))) & 0xff);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/{(isIpv4 ? Ipv4Bits : Ipv6Bits)}");
    }

    /// <summary>Same subnet.</summary>
    public static bool operator ==(IpSubnet left, IpSubnet right) => left.Equals(right);

    /// <summary>Another subnet.</summary>
    public static bool operator !=(IpSubnet left, IpSubnet right) => !left.Equals(right);

    /// <summary>An IPv4 address as one, and without the scope of this machine's interfaces.</summary>
    internal static IPAddress Normalize(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6 && plain.ScopeId != 0 ? new IPAddress(plain.GetAddressBytes()) : plain;
    }

    /// <summary>True for the addresses that lead back to this machine.</summary>
    internal static bool IsLoopbackAddress(IPAddress address) => IPAddress.IsLoopback(Normalize(address));
}
