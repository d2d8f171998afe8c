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

    // What has not faded, at the time of the last fault.
    private readonly RecentTable<PeerId, (double Faults, TimeSpan At)> _faults = new(options.RememberedPeers);

    /// <returns>True if this fault is the one that bans the peer; its count begins anew.</returns>
    public bool AddFault(PeerId peer)
    {
        lock (_gate)
        {
            TimeSpan now = time.GetElapsedTime(_start);
            double left = _faults.TryGet(peer, out (double Faults, TimeSpan At) before) ? before.Faults - ((now - before.At) / options.FaultLifetime) : 0;
            double faults = Math.Max(0, left) + 1;
            bool isLast = faults > options.FaultsBeforeBan - 1;
            _faults.Set(peer, (isLast ? 0 : faults, now));
            return isLast;
        }
    }
}
