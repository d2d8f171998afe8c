using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Hosting;

/// <summary>
/// What others can dial of a listener at an unspecified address, which is none itself: the addresses of the machine's interfaces, as the go
/// implementation of libp2p resolves them.
/// </summary>
internal static class InterfaceAddresses
{
    /// <summary>The most addresses that a listener is told at.</summary>
    public const int MaxAddresses = 16;

    /// <summary>The unicast addresses of the interfaces that are up; none if the system does not tell.</summary>
    public static IReadOnlyList<IPAddress> Read()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .Where(static card => card.OperationalStatus == OperationalStatus.Up || card.NetworkInterfaceType == NetworkInterfaceType.Loopback)
                .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
                .Select(static unicast => unicast.Address)];
        }
        catch (NetworkInformationException)
        {
            // Then the listener is told at loopback alone, and an operator can announce what it is.
            return [];
        }
    }

    /// <summary>
    /// An unspecified address as those of the interfaces of its family, in the order of their texts: not link-local ones, loopback only if there is
    /// nothing else. Another address as it is.
    /// </summary>
    public static IReadOnlyList<Multiaddr> Expand(Multiaddr listens, Func<IReadOnlyList<IPAddress>> interfaces)
    {
        if (!IsUnspecified(listens) || !listens.TryGetTcp(out _, out int port))
        {
            return [listens];
        }

        AddressFamily family = listens.IpAddress!.AddressFamily;
        Multiaddr[] others = [.. interfaces()
            .Where(address => address.AddressFamily == family && !IPAddress.IsLoopback(address) && !IsLinkLocal(address) && !IsAny(address))
            .Select(address => Multiaddr.Tcp(new IPEndPoint(address, port)))
            .Distinct()
            .Order()
            .Take(MaxAddresses)];
        IPAddress loopback = family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        return others.Length > 0 ? others : [Multiaddr.Tcp(new IPEndPoint(loopback, port))];
    }

    /// <summary>True for 0.0.0.0 and ::, where one can listen but nobody can dial.</summary>
    public static bool IsUnspecified(Multiaddr address) => address.IpAddress is { } ip && IsAny(ip);

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool IsLinkLocal(IPAddress address) =>
        address.IsIPv6LinkLocal || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..]);
}
