using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// When the connections that discovery has dialed began, so that one that ends at once counts as a dial that failed. Any thread.
/// </summary>
internal sealed class DialedConnections(PeerDiscoverySetup setup)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, (long Start, Multiaddr? Nameless)> _begun = [];

    /// <summary>A dial has led to a peer. The connection may be over already: then <see cref="End"/> must follow.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="nameless">The address, if it was not known who is there.</param>
    public void Begin(PeerId peer, Multiaddr? nameless)
    {
        lock (_gate)
        {
            _begun[peer] = (setup.Time.GetTimestamp(), nameless);
        }
    }

    /// <summary>A peer is connected no more. Those that discovery has not dialed are ignored.</summary>
    public void End(PeerId peer)
    {
        (long Start, Multiaddr? Nameless) connection;
        lock (_gate)
        {
            if (!_begun.Remove(peer, out connection))
            {
                return;
            }
        }

        if (setup.Time.GetElapsedTime(connection.Start) < setup.Options.MinConnectionLife)
        {
            LeaveAlone(peer);
            if (connection.Nameless is { } address)
            {
                LeaveAlone(address);
            }
        }
    }

    /// <summary>Whatever the reason, to dial the peer again at once would give the same answer.</summary>
    public void LeaveAlone(PeerId peer)
    {
        if (setup.Backoff.WaitBefore(peer) == TimeSpan.Zero)
        {
            setup.Backoff.PeerFailed(peer);
        }
    }

    /// <summary>The same of an address of which it is not known who is there.</summary>
    public void LeaveAlone(Multiaddr nameless)
    {
        if (setup.Backoff.WaitBefore(null, nameless) == TimeSpan.Zero)
        {
            setup.Backoff.AddressFailed(nameless);
        }
    }
}
