using System.Buffers.Binary;
using System.Globalization;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Guards;

/// <summary>Peers and addresses by number.</summary>
internal static class Strangers
{
    public static PeerId Peer(int number)
    {
        byte[] bytes = [0, 4, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(2), number);
        Assert.That(PeerId.TryDecode(bytes, out PeerId id).IsValid, Is.True);
        return id;
    }

    public static Multiaddr Address(string ip, int port = 4001) => Multiaddr.Parse(string.Create(CultureInfo.InvariantCulture, $"/ip{(ip.Contains(':', StringComparison.Ordinal) ? 6 : 4)}/{ip}/tcp/{port}"));
}
