using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>Faults and bans by peer, kept across sessions, bounded by count. Any thread.</summary>
internal sealed class PeerStandings(HostOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Standing> _standings = [];
    private readonly Queue<PeerId> _order = new();

    public bool IsBanned(PeerId peer)
    {
        lock (_gate)
        {
            return _standings.TryGetValue(peer, out Standing? standing) && IsBanned(standing);
        }
    }

    /// <returns>True if this fault led to a ban.</returns>
    public bool AddFault(PeerId peer)
    {
        lock (_gate)
        {
            Standing standing = GetOrAdd(peer);
            standing.Faults++;
            if (standing.Faults < options.FaultsBeforeBan || IsBanned(standing))
            {
                return false;
            }

            standing.Faults = 0;
            standing.BannedSince = time.GetTimestamp();
            return true;
        }
    }

    private bool IsBanned(Standing standing) =>
        standing.BannedSince is { } since && time.GetElapsedTime(since) < options.BanDuration;

    private Standing GetOrAdd(PeerId peer)
    {
        if (_standings.TryGetValue(peer, out Standing? known))
        {
            return known;
        }

        if (_order.Count == options.RememberedPeers)
        {
            _standings.Remove(_order.Dequeue());
        }

        Standing fresh = new();
        _standings.Add(peer, fresh);
        _order.Enqueue(peer);
        return fresh;
    }

    private sealed class Standing
    {
        public int Faults { get; set; }

        public long? BannedSince { get; set; }
    }
}
