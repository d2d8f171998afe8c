using PoUW.Core.Primitives;
using PoUW.Network.Discovery;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Peers;

/// <summary>
/// What a node's discovery is made of: the bootstrap list, the address book in its store, and rendezvous with the connected peers, each of which
/// is a point for the others, in a namespace of the network.
/// </summary>
internal static class NodeDiscovery
{
    // More answers say little that the first ones did not.
    private const int PointsPerSearch = 3;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Discovery that has not begun; the node serves rendezvous from now on.</summary>
    /// <param name="network">The node's network.</param>
    /// <param name="options">The node's options, with an identity.</param>
    /// <param name="authorizer">What admits the node's peers.</param>
    internal static PeerDiscovery Create(NetworkNode network, PouwNodeOptions options, IPeerAuthorizer authorizer)
    {
        IdentityVerifier verifier = IdentityVerifier.Create();
        AddressBook book = new(options.AddressBook, options.Time, options.Random);
        AdmittedRendezvous admitted = new(authorizer, () => network.Peers);
        _ = new RendezvousServer(network.Host, options.Rendezvous, admitted, verifier, options.Time, options.Random);
        RendezvousPeerSource source = new(
            network.Host, new RendezvousClient(network.Host, verifier, options.Time, CallTimeout), book, NamespaceOf(network.NetworkId),
            () => RecordOf(options, network.Host.AnnouncedAddresses), PointsPerSearch, options.Time, options.Random);
        PeerDiscovery discovery = new(new PeerDiscoverySetup
        {
            Host = network.Host,
            Dial = network.Host.DialWhenDueAsync,
            Disconnect = network.Host.DisconnectAsync,
            Backoff = network.Host.Guards.Dials,
            Book = book,
            Bans = network.Host.Guards.Bans,
            Sources = [source],
            Store = options.Store,
            Verifier = verifier,
            Options = options.Discovery with { Bootstrap = options.Bootstrap },
            Time = options.Time,
            Spawner = options.Spawner,
            Observer = new NetworkWarnings(options.Name, options.Observer),
        });
        network.Gossip.PeerSuggested += suggestion => discovery.Suggest(suggestion.SignedRecord, suggestion.From);
        return discovery;
    }

    private static string NamespaceOf(Hash256 network) => $"pouw/{network}";

    /// <summary>A node that does not listen has nothing to tell.</summary>
    private static ReadOnlyMemory<byte> RecordOf(PouwNodeOptions options, IReadOnlyList<Multiaddr> addresses) => addresses.Count == 0
        ? ReadOnlyMemory<byte>.Empty
        : PeerRecord.Seal(
            options.Identity!, (ulong)options.Time.GetUtcNow().ToUnixTimeMilliseconds(), [.. addresses.Take(PeerRecord.MaxAddresses)]);
}
