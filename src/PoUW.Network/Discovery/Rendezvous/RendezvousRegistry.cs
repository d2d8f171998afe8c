using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// The registrations of a rendezvous point, in memory: peers register again after a restart. A cookie names the point's run, the namespace
/// and the last registration given, so that pages follow each other while registrations come and go. Members may be called from any thread.
/// </summary>
internal sealed class RendezvousRegistry
{
    private const int CookieBytes = 24;

    private readonly Lock _gate = new();
    private readonly RendezvousOptions _options;
    private readonly TimeProvider _time;
    private readonly byte[] _run = new byte[8];
    private readonly Dictionary<string, SortedDictionary<long, Place>> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, PeerId Peer), Place> _places = [];
    private readonly Dictionary<PeerId, int> _ofPeer = [];
    private readonly Dictionary<string, int> _ofSource = new(StringComparer.Ordinal);
    private readonly SortedSet<(long ExpirySeconds, long Number)> _order = [];
    private readonly Dictionary<long, Place> _byNumber = [];
    private long _lastNumber;

    public RendezvousRegistry(RendezvousOptions options, TimeProvider time, IRandomSource random)
    {
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time) = (options, time);
        random.Fill(_run);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Count;
            }
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Registers a peer, or registers it again with a new record and life.</summary>
    /// <param name="peer">The peer, which has signed the record.</param>
    /// <param name="registration">What it asks for.</param>
    /// <param name="sourceGroup">The part of the network that it is reached in.</param>
    /// <param name="ttlSeconds">How long it lives then.</param>
    public RendezvousStatus Register(PeerId peer, RendezvousRegistration registration, string sourceGroup, out ulong ttlSeconds)
    {
        ttlSeconds = registration.TtlSeconds ?? (ulong)_options.DefaultTtl.TotalSeconds;
        if (ttlSeconds < (ulong)_options.MinTtl.TotalSeconds || ttlSeconds > (ulong)_options.MaxTtl.TotalSeconds)
        {
            return RendezvousStatus.InvalidTtl;
        }

        lock (_gate)
        {
            DropExpired();
            if (_places.TryGetValue((registration.Namespace, peer), out Place? old))
            {
                Remove(old);
            }
            else if (!HasRoom(peer, registration.Namespace, sourceGroup))
            {
                return RendezvousStatus.Unavailable;
            }

            Add(new Place(++_lastNumber, peer, registration.Namespace, sourceGroup, registration.SignedPeerRecord, Now + (long)ttlSeconds));
            return RendezvousStatus.Ok;
        }
    }

    public void Unregister(PeerId peer, string name)
    {
        lock (_gate)
        {
            if (_places.TryGetValue((name, peer), out Place? place))
            {
                Remove(place);
            }
        }
    }

    /// <summary>Registrations of a namespace that are newer than the cookie says, oldest first.</summary>
    public RendezvousStatus Discover(string name, ulong limit, ReadOnlySpan<byte> cookie, out IReadOnlyList<RendezvousRegistration> found, out byte[] next)
    {
        (found, next) = ([], []);
        if (!TryReadCookie(name, cookie, out long after))
        {
            return RendezvousStatus.InvalidCookie;
        }

        int most = (int)Math.Min(limit == 0 ? ulong.MaxValue : limit, (ulong)_options.MaxRegistrationsPerAnswer);
        lock (_gate)
        {
            DropExpired();
            long now = Now;
            Place[] places = _namespaces.TryGetValue(name, out SortedDictionary<long, Place>? all)
                ? [.. all.Values.Where(place => place.Number > after).Take(most)]
                : [];
            found = [.. places.Select(place => new RendezvousRegistration(name, place.Record, (ulong)(place.ExpirySeconds - now)))];
            next = WriteCookie(name, places.Length > 0 ? places[^1].Number : after);
        }

        return RendezvousStatus.Ok;
    }

    private bool HasRoom(PeerId peer, string name, string sourceGroup) =>
        _places.Count < _options.MaxRegistrations
        && (!_namespaces.TryGetValue(name, out SortedDictionary<long, Place>? all) || all.Count < _options.MaxRegistrationsPerNamespace)
        && _ofPeer.GetValueOrDefault(peer) < _options.MaxRegistrationsPerPeer
        && _ofSource.GetValueOrDefault(sourceGroup) < _options.MaxRegistrationsPerSource;

    private void Add(Place place)
    {
        if (!_namespaces.TryGetValue(place.Namespace, out SortedDictionary<long, Place>? all))
        {
            all = [];
            _namespaces.Add(place.Namespace, all);
        }

        all.Add(place.Number, place);
        _places.Add((place.Namespace, place.Peer), place);
        _byNumber.Add(place.Number, place);
        _order.Add((place.ExpirySeconds, place.Number));
        Change(_ofPeer, place.Peer, +1);
        Change(_ofSource, place.SourceGroup, +1);
    }

    private void Remove(Place place)
    {
        SortedDictionary<long, Place> all = _namespaces[place.Namespace];
        all.Remove(place.Number);
        if (all.Count == 0)
        {
            _namespaces.Remove(place.Namespace);
        }

        _places.Remove((place.Namespace, place.Peer));
        _byNumber.Remove(place.Number);
        _order.Remove((place.ExpirySeconds, place.Number));
        Change(_ofPeer, place.Peer, -1);
        Change(_ofSource, place.SourceGroup, -1);
    }

    private void DropExpired()
    {
        long now = Now;
        while (_order.Count > 0 && _order.Min is (long expiry, long number) && expiry <= now)
        {
            Remove(_byNumber[number]);
        }
    }

    private byte[] WriteCookie(string name, long number)
    {
        byte[] cookie = new byte[CookieBytes];
        _run.CopyTo(cookie, 0);
        TagOf(name).CopyTo(cookie.AsSpan(8));
        BinaryPrimitives.WriteInt64BigEndian(cookie.AsSpan(16), number);
        return cookie;
    }

    private bool TryReadCookie(string name, ReadOnlySpan<byte> cookie, out long number)
    {
        bool isOurs = cookie.Length == CookieBytes && cookie[..8].SequenceEqual(_run) && cookie[8..16].SequenceEqual(TagOf(name));
        number = isOurs ? BinaryPrimitives.ReadInt64BigEndian(cookie[16..]) : 0;
        return cookie.IsEmpty || (isOurs && number >= 0);
    }

    private static ReadOnlySpan<byte> TagOf(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8);

    private static void Change<TKey>(Dictionary<TKey, int> counts, TKey key, int change)
        where TKey : notnull
    {
        int count = counts.GetValueOrDefault(key) + change;
        if (count > 0)
        {
            counts[key] = count;
        }
        else
        {
            counts.Remove(key);
        }
    }

    private sealed record Place(long Number, PeerId Peer, string Namespace, string SourceGroup, ReadOnlyMemory<byte> Record, long ExpirySeconds);
}
