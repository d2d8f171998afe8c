using PoUW.Core.Primitives;

namespace PoUW.Network.Messaging;

/// <summary>The last message ids, bounded by count and age. Any thread.</summary>
internal sealed class SeenCache(int capacity, TimeSpan duration, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Hash256> _ids = [];
    private readonly Queue<(Hash256 Id, long Since)> _order = new();

    public bool Contains(Hash256 id)
    {
        lock (_gate)
        {
            Expire();
            return _ids.Contains(id);
        }
    }

    /// <returns>False if it was there already.</returns>
    public bool TryAdd(Hash256 id)
    {
        lock (_gate)
        {
            Expire();
            if (!_ids.Add(id))
            {
                return false;
            }

            if (_order.Count == capacity)
            {
                _ids.Remove(_order.Dequeue().Id);
            }

            _order.Enqueue((id, time.GetTimestamp()));
            return true;
        }
    }

    private void Expire()
    {
        while (_order.TryPeek(out (Hash256 Id, long Since) oldest) && time.GetElapsedTime(oldest.Since) > duration)
        {
            _ids.Remove(oldest.Id);
            _order.Dequeue();
        }
    }
}
