using System.Globalization;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Discovery;

/// <summary>Ids and addresses for tests that need no keys.</summary>
internal static class TestPeers
{
    /// <summary>Peer number n.</summary>
    public static PeerId Id(int number)
    {
        byte[] key = new byte[33];
        key[0] = 2;
        BitConverter.TryWriteBytes(key.AsSpan(1), number);
        return PeerId.Of(new PublicKey(KeyType.Secp256k1, key));
    }

    /// <summary>A public address.</summary>
    public static Multiaddr At(int a, int b, int c, int port = 4001) =>
        Multiaddr.Parse(string.Create(CultureInfo.InvariantCulture, $"/ip4/{a}.{b}.{c}.1/tcp/{port}"));
}
