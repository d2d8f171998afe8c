using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// How many connections and dials of this node lead into each part of the public network, so that none gets more of them than allowed. Any thread.
/// </summary>
/// <param name="limit">The most of one part.</param>
internal sealed class DialedSubnets(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, string> _underWay = [];

    /// <summary>Takes a place for the dial of an address, instead of the one that the peer's dial has.</summary>
    /// <param name="peer">Whom to dial. Peers of the bootstrap list need no place, nor do addresses that are not public.</param>
    /// <param name="address">Where.</param>
    /// <param name="peers">The connections that there are.</param>
    /// <returns>False if that part of the network has its share: the peer's dial has no place any more.</returns>
    public bool TryEnter(KnownPeer peer, Multiaddr address, IReadOnlyList<PeerConnection> peers)
    {
        lock (_gate)
        {
            _underWay.Remove(peer.Id);
            if (peer.IsBootstrap || !AddressScope.IsPublic(address))
            {
                return true;
            }

            string group = AddressScope.GroupOf(address);
            bool hasRoom = Count(group, peer.Id, peers) < limit;
            if (hasRoom)
            {
                _underWay.Add(peer.Id, group);
            }

            return hasRoom;
        }
    }

    /// <summary>True if the others fill the part of the public network into which a connection leads.</summary>
    public bool IsFullWithout(PeerConnection connection, IReadOnlyList<PeerConnection> peers)
    {
        lock (_gate)
        {
            return AddressScope.IsPublic(connection.RemoteAddress)
                && Count(AddressScope.GroupOf(connection.RemoteAddress), connection.Id, peers) >= limit;
        }
    }

    /// <summary>The peer's dial has ended; if it led to a connection, that one is counted now.</summary>
    public void Leave(PeerId peer)
    {
        lock (_gate)
        {
            _underWay.Remove(peer);
        }
    }

    private int Count(string group, PeerId except, IReadOnlyList<PeerConnection> peers)
    {
        PeerConnection[] dialed = [.. peers.Where(peer => !peer.IsInbound && peer.Id != except)];
        return dialed.Count(peer => AddressScope.GroupOf(peer.RemoteAddress) == group)
            + _underWay.Count(dial => dial.Value == group && dial.Key != except && !Array.Exists(dialed, peer => peer.Id == dial.Key));
    }
}
