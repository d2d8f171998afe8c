using System.Buffers.Binary;
using System.Net;
using System.Text;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>
/// Peers, IP addresses and subnets that are kept out for a while, by the wall clock so that a ban outlives a restart. Bounded; of two bans of one
/// target the later end counts. Members may be called from any thread; nothing is called back, and nothing is written to a store except by
/// <see cref="Save"/>.
/// </summary>
public sealed class BanList
{
    /// <summary>The longest reason that is kept.</summary>
    public const int MaxReasonLength = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Ban> _bans = new(StringComparer.Ordinal);
    private readonly SortedSet<(DateTimeOffset Until, string Target)> _byEnd = new(Comparer<(DateTimeOffset Until, string Target)>.Create(
        static (left, right) => left.Until != right.Until ? left.Until.CompareTo(right.Until) : string.CompareOrdinal(left.Target, right.Target)));

    private readonly SortedSet<string> _unsaved = new(StringComparer.Ordinal);
    private readonly List<byte[]> _unreadable = [];
    private readonly BanListOptions _options;
    private readonly TimeProvider _time;

    /// <summary>Nobody is banned.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public BanList(BanListOptions options, TimeProvider time)
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

    /// <summary>The bans that hold now, the one that ends first first.</summary>
    public IReadOnlyList<Ban> Bans
    {
        get
        {
            lock (_gate)
            {
                DropEnded();
                return [.. _byEnd.Select(entry => _bans[entry.Target])];
            }
        }
    }

    /// <summary>Bans a peer.</summary>
    public void Add(PeerId peer, TimeSpan duration, string reason) => Add(KeyOf(peer), duration, reason);

    /// <summary>Bans an IP address.</summary>
    public void Add(IPAddress address, TimeSpan duration, string reason) => Add(KeyOf(address), duration, reason);

    /// <summary>Bans a subnet.</summary>
    public void Add(IpSubnet subnet, TimeSpan duration, string reason) => Add(KeyOf(subnet), duration, reason);

    /// <summary>True if the peer is banned.</summary>
    public bool IsBanned(PeerId peer) => Find(KeyOf(peer)) is not null;

    /// <summary>True if the address or its subnet is banned.</summary>
    public bool IsBanned(IPAddress address) => Find(address) is not null;

    /// <summary>The ban of an address or of its subnet, or null.</summary>
    public Ban? Find(IPAddress address) =>
        _options.ExemptLoopback && IpSubnet.IsLoopbackAddress(address) ? null : Find(KeyOf(address)) ?? Find(KeyOf(IpSubnet.Of(address)));

    /// <summary>The ban that keeps a peer out, its own or that of the address, or null.</summary>
    public Ban? Find(PeerId peer, IPAddress? address) => Find(KeyOf(peer)) ?? (address is null ? null : Find(address));

    /// <summary>Ends a ban.</summary>
    /// <param name="target">As in <see cref="Ban.Target"/>.</param>
    /// <returns>False if there was none.</returns>
    public bool Remove(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_gate)
        {
            return Drop(target);
        }
    }

    /// <summary>Writes what changed since the last time, as one batch: durable when the call returns.</summary>
    /// <param name="store">The node's store.</param>
    /// <param name="prefix">What the keys begin with; the caller's part of the store.</param>
    /// <exception cref="StoreException">Nothing was written; the next call tries again.</exception>
    public void Save(IKeyValueStore store, ReadOnlySpan<byte> prefix)
    {
        ArgumentNullException.ThrowIfNull(store);
        WriteBatch batch = new();
        string[] changed;
        byte[][] unreadable;
        lock (_gate)
        {
            DropEnded();
            unreadable = [.. _unreadable];
            Array.ForEach(unreadable, key => batch.Delete(key));
            changed = [.. _unsaved];
            foreach (string target in changed)
            {
                byte[] key = [.. prefix, .. Encoding.UTF8.GetBytes(target)];
                if (_bans.TryGetValue(target, out Ban? ban))
                {
                    batch.Put(key, Encode(ban));
                }
                else
                {
                    batch.Delete(key);
                }
            }

            _unsaved.Clear();
            _unreadable.Clear();
        }

        try
        {
            if (batch.Count > 0)
            {
                store.Apply(batch);
            }
        }
        catch
        {
            lock (_gate)
            {
                _unsaved.UnionWith(changed);
                _unreadable.AddRange(unreadable);
            }

            throw;
        }
    }

    /// <summary>Adds the bans of a store that have not ended, at most as many as there is room for.</summary>
    /// <param name="store">The node's store.</param>
    /// <param name="prefix">As for <see cref="Save"/>.</param>
    /// <returns>How many there were; entries that cannot be read are skipped and deleted by the next <see cref="Save"/>.</returns>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public int Load(IKeyValueReader store, ReadOnlySpan<byte> prefix)
    {
        ArgumentNullException.ThrowIfNull(store);
        int loaded = 0;
        foreach (KeyValuePair<byte[], byte[]> pair in store.ScanPrefix(prefix))
        {
            string target = Encoding.UTF8.GetString(pair.Key.AsSpan(prefix.Length));
            lock (_gate)
            {
                if (!TryDecode(target, pair.Value, out Ban? ban) || ban!.Until <= _time.GetUtcNow())
                {
                    _unreadable.Add(pair.Key);
                    continue;
                }

                if (Put(ban))
                {
                    _unsaved.Remove(target);
                    loaded++;
                }
            }
        }

        return loaded;
    }

    private static string KeyOf(PeerId peer) => $"peer/{peer}";

    private static string KeyOf(IPAddress address) => $"ip/{IpSubnet.Normalize(address)}";

    private static string KeyOf(IpSubnet subnet) => $"subnet/{subnet}";

    private static byte[] Encode(Ban ban)
    {
        byte[] encoded = new byte[sizeof(long) + Encoding.UTF8.GetByteCount(ban.Reason)];
        BinaryPrimitives.WriteInt64BigEndian(encoded, ban.Until.ToUnixTimeMilliseconds());
        Encoding.UTF8.GetBytes(ban.Reason, encoded.AsSpan(sizeof(long)));
        return encoded;
    }

    private static bool TryDecode(string target, ReadOnlySpan<byte> encoded, out Ban? ban)
    {
        ban = null;
        if (encoded.Length is < sizeof(long) or > sizeof(long) + (4 * MaxReasonLength) || !IsTarget(target))
        {
            return false;
        }

        long until = BinaryPrimitives.ReadInt64BigEndian(encoded);
        if (until < 0 || until > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
        {
            return false;
        }

        ban = new Ban(target, DateTimeOffset.FromUnixTimeMilliseconds(until), Encoding.UTF8.GetString(encoded[sizeof(long)..]));
        return true;
    }

    private static bool IsTarget(string target)
    {
        int slash = target.IndexOf('/', StringComparison.Ordinal);
        string rest = target[(slash + 1)..];
        return target[..Math.Max(0, slash)] switch
        {
            "peer" => PeerId.TryParse(rest, out PeerId id).IsValid && KeyOf(id) == target,
            "ip" => IPAddress.TryParse(rest, out IPAddress? address) && KeyOf(address) == target,
            "subnet" => IpSubnet.TryParse(rest, out _),
            _ => false,
        };
    }

    private Ban? Find(string target)
    {
        lock (_gate)
        {
            return _bans.TryGetValue(target, out Ban? ban) && ban.Until > _time.GetUtcNow() ? ban : null;
        }
    }

    private void Add(string target, TimeSpan duration, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        TimeSpan length = duration < _options.Longest ? duration : _options.Longest;
        lock (_gate)
        {
            DropEnded();

            // Whole milliseconds, as they are stored.
            DateTimeOffset until = DateTimeOffset.FromUnixTimeMilliseconds((_time.GetUtcNow() + length).ToUnixTimeMilliseconds());
            Put(new Ban(target, until, reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength]));
        }
    }

    private bool Put(Ban ban)
    {
        if (_bans.TryGetValue(ban.Target, out Ban? before) && before.Until >= ban.Until)
        {
            return false;
        }

        Drop(ban.Target);
        _bans.Add(ban.Target, ban);
        _byEnd.Add((ban.Until, ban.Target));
        _unsaved.Add(ban.Target);
        if (_bans.Count > _options.MaxBans)
        {
            Drop(_byEnd.Min.Target);
        }

        return true;
    }

    private bool Drop(string target)
    {
        if (!_bans.Remove(target, out Ban? ban))
        {
            return false;
        }

        _byEnd.Remove((ban.Until, target));
        _unsaved.Add(target);
        return true;
    }

    private void DropEnded()
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (_byEnd.Count > 0 && _byEnd.Min.Until <= now)
        {
            Drop(_byEnd.Min.Target);
        }
    }
}
