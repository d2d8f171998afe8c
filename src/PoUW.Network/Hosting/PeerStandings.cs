using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>
/// Faults by peer, kept across connections, bounded by count. They fade with time, one each <see cref="HostOptions.FaultLifetime"/>: what matters is
/// how fast a peer makes them, not how long it has been known. Any thread.
/// </summary>
internal sealed class PeerStandings(HostOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();

    // For each peer the time at which its last fault has faded.
    private readonly RecentTable<PeerId, TimeSpan> _blameless = new(options.RememberedPeers);

    /// <returns>True if this fault is the one that bans the peer; its count begins anew.</returns>
    public bool AddFault(PeerId peer)
    {
        lock (_gate)
        {
            TimeSpan now = time.GetElapsedTime(_start);
            TimeSpan from = _blameless.TryGet(peer, out TimeSpan known) && known > now ? known : now;
            TimeSpan until = from + options.FaultLifetime;
            bool isLast = until - now > (options.FaultsBeforeBan - 1) * options.FaultLifetime;
            _blameless.Set(peer, isLast ? now : until);
            return isLast;
        }
    }
}
