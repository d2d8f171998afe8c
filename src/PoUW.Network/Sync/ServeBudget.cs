using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>
/// How many bytes peers are served: a bucket a peer and one over all, each holding a second's worth. What an answer will cost is known
/// only afterwards, so a peer whose bucket is not empty is served and may overdraw it; it waits then until it is paid back. Peers
/// whose bucket is full are forgotten. Thread-safe.
/// </summary>
internal sealed class ServeBudget(SyncOptions options, TimeProvider time)
{
    private const int SweepAt = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Bucket> _peers = [];
    private Bucket _all = new(options.TotalServedBytesPerSecond, time.GetTimestamp());

    /// <summary>True if a peer may be served now.</summary>
    internal bool MayServe(PeerId peer)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            _all = Fill(_all, options.TotalServedBytesPerSecond, now);
            return _all.Level > 0 && (!_peers.TryGetValue(peer, out Bucket own) || Fill(own, options.ServedBytesPerSecond, now).Level > 0);
        }
    }

    /// <summary>Charges what serving a peer has cost.</summary>
    internal void Charge(PeerId peer, long bytes)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (_peers.Count >= SweepAt)
            {
                Sweep(now);
            }

            Bucket own = _peers.TryGetValue(peer, out Bucket known) ? Fill(known, options.ServedBytesPerSecond, now) : new Bucket(options.ServedBytesPerSecond, now);
            _peers[peer] = own with { Level = own.Level - bytes };
            _all = Fill(_all, options.TotalServedBytesPerSecond, now);
            _all = _all with { Level = _all.Level - bytes };
        }
    }

    private Bucket Fill(Bucket bucket, long rate, long now)
    {
        // The whole milliseconds only; the rest counts the next time.
        long elapsed = Math.Min((long)time.GetElapsedTime(bucket.At, now).TotalMilliseconds, 60_000);
        return elapsed <= 0 ? bucket : new Bucket(Math.Min(rate, bucket.Level + (rate * elapsed / 1000)), now);
    }

    private void Sweep(long now)
    {
        foreach (PeerId idle in _peers.Where(entry => Fill(entry.Value, options.ServedBytesPerSecond, now).Level >= options.ServedBytesPerSecond)
            .Select(entry => entry.Key).ToList())
        {
            _peers.Remove(idle);
        }
    }

    private readonly record struct Bucket(long Level, long At);
}
