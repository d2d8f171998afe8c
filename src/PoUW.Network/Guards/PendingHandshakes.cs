using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Guards;

/// <summary>
/// The incoming connections that are in handshake. The host's accept loop calls <see cref="Begin"/> for each, runs the handshake under the place's token,
/// and disposes the place when security and muxer are agreed on (or failed). When there is no room the newcomer gets the place of the oldest handshake
/// of its own address, or, if the limit of all is reached, of the oldest one of the address that holds most places. So whoever opens connections
/// and says nothing displaces himself, and an honest peer, which needs milliseconds, gets through even from the same address. Bounded memory, any thread.
/// </summary>
public sealed class PendingHandshakes
{
    private readonly Lock _gate = new();
    private readonly PendingHandshakesOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<IPAddress, LinkedList<PendingHandshake>> _oldestFirst = [];
    private int _count;
    private long _begun;
    private long _evicted;

    /// <summary>No handshake is under way.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public PendingHandshakes(PendingHandshakesOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time) = (options, time);
    }

    /// <summary>Handshakes under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Handshakes whose place went to another one, since the start.</summary>
    public long Evicted => Interlocked.Read(ref _evicted);

    /// <summary>Takes a place, an older handshake's if need be. The deadline runs from now.</summary>
    public PendingHandshake Begin(Multiaddr remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        IPAddress address = remote.IpAddress is { } ip ? IpSubnet.Normalize(ip) : IPAddress.None;
        PendingHandshake place = new(this, address, _options.Deadline, _time);
        PendingHandshake? loser;
        lock (_gate)
        {
            loser = FindLoser(address);
            if (loser is not null)
            {
                Unlink(loser);
            }

            if (!_oldestFirst.TryGetValue(address, out LinkedList<PendingHandshake>? ofAddress))
            {
                ofAddress = new LinkedList<PendingHandshake>();
                _oldestFirst.Add(address, ofAddress);
            }

            (place.Node, place.Number) = (ofAddress.AddLast(place), _begun++);
            _count++;
        }

        if (loser is not null)
        {
            Interlocked.Increment(ref _evicted);
            loser.Evict();
        }

        return place;
    }

    internal void Remove(PendingHandshake place)
    {
        lock (_gate)
        {
            Unlink(place);
        }
    }

    private void Unlink(PendingHandshake place)
    {
        if (place.Node?.List is not { } ofAddress)
        {
            return;
        }

        ofAddress.Remove(place.Node);
        _count--;
        if (ofAddress.Count == 0)
        {
            _oldestFirst.Remove(place.Address);
        }
    }

    private PendingHandshake? FindLoser(IPAddress newcomer)
    {
        if (_oldestFirst.TryGetValue(newcomer, out LinkedList<PendingHandshake>? own) && own.Count >= _options.MaxPerAddress)
        {
            return own.First!.Value;
        }

        if (_count < _options.Max)
        {
            return null;
        }

        // Of several that hold most, the one whose oldest handshake is oldest; so the order of the table does not matter.
        LinkedList<PendingHandshake> most = _oldestFirst.Values.Aggregate(static (best, next) =>
            next.Count > best.Count || (next.Count == best.Count && next.First!.Value.Number < best.First!.Value.Number) ? next : best);
        return most.First!.Value;
    }
}
