using PoUW.Network.Identity;

namespace PoUW.Network.Requests;

/// <summary>
/// How many bytes peers are served: a bucket a peer and one over all, each holding a second's worth. What an answer will cost is known
/// only afterwards, so a peer whose bucket is not empty is served and may overdraw it; it waits then until it is paid back. Peers
/// whose bucket is full are forgotten. Thread-safe.
/// </summary>
/// <param name="perPeer">Bytes a second of one peer.</param>
/// <param name="total">Bytes a second of all peers together; null if only their number bounds it.</param>
/// <param name="time">The clock.</param>
internal sealed class ServeBudget(long perPeer, long? total, TimeProvider time)
{
    private const int SweepAt = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, Bucket> _peers = [];
    private Bucket _all = new(total ?? 0, time.GetTimestamp());

    /// <summary>True if a peer may be served now.</summary>
    internal bool MayServe(PeerId peer)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            return HasTotal(now) && (!_peers.TryGetValue(peer, out Bucket own) || Fill(own, perPeer, now).Level > 0);
        }
    }

    /// <summary>Charges what serving a peer has cost.</summary>
    internal void Charge(PeerId peer, long bytes)
    {
        lock (_gate)
        {
            ChargeOwn(peer, bytes);
            if (total is { } rate)
            {
                _all = Fill(_all, rate, time.GetTimestamp());
                _all = _all with { Level = _all.Level - bytes };
            }
        }
    }

    /// <summary>Charges a peer alone: for work that it caused and that takes nothing of what others are served.</summary>
    internal void ChargeOwn(PeerId peer, long bytes)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            if (_peers.Count >= SweepAt)
            {
                Sweep(now);
            }

            Bucket own = _peers.TryGetValue(peer, out Bucket known) ? Fill(known, perPeer, now) : new Bucket(perPeer, now);
            _peers[peer] = own with { Level = own.Level - bytes };
        }
    }

    private bool HasTotal(long now)
    {
        if (total is not { } rate)
        {
            return true;
        }

        _all = Fill(_all, rate, now);
        return _all.Level > 0;
    }

    private Bucket Fill(Bucket bucket, long rate, long now)
    {
        // Whole milliseconds only: the clock of the bucket stays behind by the rest, which counts the next time.
        long elapsed = (long)time.GetElapsedTime(bucket.At, now).TotalMilliseconds;
        if (elapsed <= 0)
        {
            return bucket;
        }

        long filled = Math.Min(elapsed, 60_000);
        long at = elapsed > filled ? now : bucket.At + (elapsed * time.TimestampFrequency / 1000);
        return new Bucket(Math.Min(rate, bucket.Level + (rate * filled / 1000)), at);
    }

    private void Sweep(long now)
    {
        foreach (PeerId idle in _peers.Where(entry => Fill(entry.Value, perPeer, now).Level >= perPeer).Select(entry => entry.Key).ToList())
        {
            _peers.Remove(idle);
        }
    }

    private readonly record struct Bucket(long Level, long At);
}
