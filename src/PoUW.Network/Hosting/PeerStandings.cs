using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>Faults by peer, kept across connections, bounded by count. Any thread.</summary>
internal sealed class PeerStandings(HostOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, int> _faults = [];
    private readonly Queue<PeerId> _order = new();

    /// <returns>True if this fault is the one that bans the peer; its count begins anew.</returns>
    public bool AddFault(PeerId peer)
    {
        lock (_gate)
        {
            if (!_faults.TryGetValue(peer, out int faults))
            {
                MakeRoom();
                _order.Enqueue(peer);
            }

            bool isLast = faults + 1 >= options.FaultsBeforeBan;
            _faults[peer] = isLast ? 0 : faults + 1;
            return isLast;
        }
    }

    private void MakeRoom()
    {
        if (_order.Count == options.RememberedPeers)
        {
            _faults.Remove(_order.Dequeue());
        }
    }
}
