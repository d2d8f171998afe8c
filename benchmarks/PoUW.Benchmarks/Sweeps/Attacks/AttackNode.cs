using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>Nodes over TCP on loopback with the usual options, each with a key of its own.</summary>
internal static class AttackNode
{
    public const string Topic = "attacks";

    private static readonly Hash256 Genesis = Hash256.Sha256("attacks"u8);

    public static NetworkNode Create(ITransport? transport = null, Func<NetworkOptions, NetworkOptions>? change = null) => new(
        transport ?? new TcpTransport(), Genesis, change?.Invoke(new NetworkOptions()) ?? new NetworkOptions(), TimeProvider.System, new ThreadPoolSpawner(),
        new CryptographicRandomSource(), new OpenPeerAuthorizer(), new NullNetworkObserver());

    public static async Task<(NetworkNode Node, Multiaddr Address)> ListenAsync()
    {
        NetworkNode node = Create();
        return (node, (await node.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"))).WithPeer(node.Id));
    }
}
