namespace PoUW.Core.Headers;

/// <summary>
/// Rations the verification of certificates that nobody asked for: a bucket for every peer and one over all of them. A certificate that
/// is verified costs about 2 ms (the seal and the openings), and a false one costs its maker hash trials only, so without a limit a few
/// peers could keep a core busy. Blocks that the node asked for need no token. Peers that sent nothing in the last second are forgotten, so what is kept is
/// bounded by the rate over all peers. Thread-safe.
/// </summary>
/// <typeparam name="TPeer">What names a peer.</typeparam>
public sealed class CertificateBudget<TPeer>
    where TPeer : notnull
{
    private const int MaxRate = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<TPeer, TokenBucket> _peers = [];
    private readonly TokenBucket _all;
    private readonly CertificateBudgetOptions _options;
    private readonly TimeProvider _time;
    private readonly int _sweepAt;

    /// <summary>Full buckets.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate is outside 1 to 1,000,000.</exception>
    public CertificateBudget(CertificateBudgetOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PerSecond, MaxRate);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PerSecondAndPeer, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PerSecondAndPeer, MaxRate);
        (_options, _time) = (options, time);
        _all = new TokenBucket(options.PerSecond, time.TimestampFrequency, time.GetTimestamp());

        // At most two seconds' worth of tokens can be missing at a time, so a sweep always makes room.
        _sweepAt = (2 * options.PerSecond) + 1;
    }

    /// <summary>Peers that are remembered now.</summary>
    public int Peers
    {
        get
        {
            lock (_gate)
            {
                return _peers.Count;
            }
        }
    }

    /// <summary>Takes a token for one certificate of a peer.</summary>
    /// <returns>False if the peer, or all peers together, have used up theirs; nothing is taken then.</returns>
    public bool TryTake(TPeer peer)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            if (!_all.CanTake(now) || (_peers.TryGetValue(peer, out TokenBucket? own) && !own.CanTake(now)))
            {
                return false;
            }

            own ??= Remember(peer, now);
            _all.Take();
            own.Take();
            return true;
        }
    }

    private TokenBucket Remember(TPeer peer, long now)
    {
        if (_peers.Count >= _sweepAt)
        {
            foreach (TPeer idle in _peers.Where(entry => entry.Value.IsFull(now)).Select(entry => entry.Key).ToList())
            {
                _peers.Remove(idle);
            }
        }

        TokenBucket bucket = new(_options.PerSecondAndPeer, _time.TimestampFrequency, now);
        _peers.Add(peer, bucket);
        return bucket;
    }
}
