using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Transports;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>Nodes over TCP on loopback with the usual options, each with a key of its own.</summary>
internal static class AttackNode
{
    public const string Topic = "attacks";

    public const string Echo = "echo";

    /// <summary>What an invalid message begins with.</summary>
    public const byte Invalid = 0xff;

    public static Hash256 Genesis { get; } = Hash256.Sha256("attacks"u8);

    public static NetworkNode Create(
        ITransport? transport = null, Func<NetworkOptions, NetworkOptions>? change = null, INetworkObserver? observer = null) => new(
        transport ?? new TcpTransport(), Genesis, change?.Invoke(new NetworkOptions()) ?? new NetworkOptions(), TimeProvider.System, new ThreadPoolSpawner(),
        new CryptographicRandomSource(), new OpenPeerAuthorizer(), observer ?? new NullNetworkObserver());
}
