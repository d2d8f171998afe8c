using PoUW.Network.Identity;

namespace PoUW.Network.Discovery;

/// <summary>Which peers are left alone for how long, since the last try failed. Not thread-safe.</summary>
internal sealed class RetrySchedule(PeerDiscoveryOptions options, TimeProvider time)
{
    private readonly SortedDictionary<PeerId, (DateTimeOffset NotBefore, int Failures)> _failed = [];

    public bool MayTry(PeerId peer) => !_failed.TryGetValue(peer, out (DateTimeOffset NotBefore, int Failures) last) || time.GetUtcNow() >= last.NotBefore;

    public void Fail(PeerId peer)
    {
        int failures = _failed.TryGetValue(peer, out (DateTimeOffset NotBefore, int Failures) last) ? last.Failures + 1 : 1;
        double factor = Math.ScaleB(1, Math.Min(failures - 1, 30));
        TimeSpan wait = options.RetryAfter * factor;
        _failed[peer] = (time.GetUtcNow() + (wait < options.MaxRetryAfter ? wait : options.MaxRetryAfter), failures);
    }

    public void Succeed(PeerId peer) => _failed.Remove(peer);

    /// <summary>Forgets peers whose wait is long over, so that the list does not grow with every peer that ever failed.</summary>
    public void Expire()
    {
        DateTimeOffset old = time.GetUtcNow() - options.MaxRetryAfter;
        PeerId[] gone = [.. _failed.Where(pair => pair.Value.NotBefore < old).Select(static pair => pair.Key)];
        foreach (PeerId peer in gone)
        {
            _failed.Remove(peer);
        }
    }
}
