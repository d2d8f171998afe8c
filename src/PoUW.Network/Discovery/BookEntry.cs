using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>A peer in the book. Not thread-safe.</summary>
internal sealed class BookEntry
{
    private readonly List<KnownAddress> _addresses;

    public BookEntry(PeerId id, string sourceGroup) => (Id, SourceGroup, _addresses) = (id, sourceGroup, []);

    public BookEntry(KnownPeer stored)
        : this(stored.Id, stored.SourceGroup)
    {
        // What the operator wrote is told anew at each start; what is no longer written has no privileges.
        _addresses.AddRange(stored.Addresses.Select(static known => known.Source == AddressSource.Bootstrap
            ? known with { Source = known.IsProven ? AddressSource.Dialed : AddressSource.Exchange }
            : known));
        (Record, RecordSequence) = (stored.Record, stored.RecordSequence);
    }

    public PeerId Id { get; }

    public string SourceGroup { get; }

    /// <summary>The place in the order in which entries came, which decides among those of one second.</summary>
    public long Order { get; set; }

    public ReadOnlyMemory<byte> Record { get; private set; }

    public ulong RecordSequence { get; private set; }

    public bool HasRecord => !Record.IsEmpty;

    public IReadOnlyList<KnownAddress> Addresses => _addresses;

    public bool IsProven => _addresses.Exists(static known => known.IsProven);

    public bool IsBootstrap => _addresses.Exists(static known => known.Source == AddressSource.Bootstrap);

    public long LastSeenSeconds => _addresses.Count == 0 ? 0 : _addresses.Max(static known => known.LastSeenSeconds);

    public KnownPeer Snapshot() => new(
        Id,
        [.. _addresses.OrderByDescending(static known => known.LastSuccessSeconds).ThenBy(static known => known.Failures).ThenBy(static known => known.Address)],
        Record,
        RecordSequence,
        SourceGroup);

    /// <summary>Takes what somebody says of the peer. What is known already is only seen again, and never loses its better source.</summary>
    public bool Claim(IEnumerable<Multiaddr> addresses, AddressSource source, int maxAddresses, long now)
    {
        bool changed = false;
        foreach (Multiaddr address in addresses)
        {
            int index = _addresses.FindIndex(known => known.Address == address);
            if (index >= 0)
            {
                KnownAddress known = _addresses[index];
                _addresses[index] = known with { LastSeenSeconds = now, Source = source < known.Source ? source : known.Source };
                changed = true;
            }
            else if (_addresses.Count < maxAddresses || DropWorseThan(source))
            {
                _addresses.Add(new KnownAddress(address, source, now));
                changed = true;
            }
        }

        return changed;
    }

    /// <summary>The signed addresses replace all but the operator's.</summary>
    public void Replace(IReadOnlyList<Multiaddr> addresses, ReadOnlyMemory<byte> record, ulong sequence, int maxAddresses, long now)
    {
        (Record, RecordSequence) = (record, sequence);
        _addresses.RemoveAll(known => known.Source != AddressSource.Bootstrap && !addresses.Contains(known.Address));
        Claim(addresses, AddressSource.SignedRecord, maxAddresses, now);
    }

    /// <summary>A dial has reached the peer.</summary>
    public void Succeed(Multiaddr address, int maxAddresses, long now)
    {
        int index = _addresses.FindIndex(known => known.Address == address);
        KnownAddress proven = (index >= 0 ? _addresses[index] : new KnownAddress(address, AddressSource.Dialed, now)) with
        {
            LastSeenSeconds = now,
            LastSuccessSeconds = now,
            Failures = 0,
        };
        if (index >= 0)
        {
            _addresses[index] = proven;
            return;
        }

        if (_addresses.Count >= maxAddresses)
        {
            KnownAddress? worst = _addresses
                .Where(static known => known.Source != AddressSource.Bootstrap)
                .OrderBy(static known => known.LastSuccessSeconds)
                .ThenByDescending(static known => known.Failures)
                .ThenBy(static known => known.LastSeenSeconds)
                .FirstOrDefault();
            if (worst is null)
            {
                return;
            }

            _addresses.Remove(worst);
        }

        _addresses.Add(proven);
    }

    /// <summary>A dial has failed.</summary>
    /// <returns>False if the address is not known.</returns>
    public bool Fail(Multiaddr address, int maxFailures, bool mayForget, long now)
    {
        int index = _addresses.FindIndex(known => known.Address == address);
        if (index < 0)
        {
            return false;
        }

        int before = _addresses[index].Failures;
        int most = mayForget ? int.MaxValue : Math.Max(before, maxFailures / 2);
        KnownAddress failed = _addresses[index] with { LastFailureSeconds = now, Failures = before < most ? before + 1 : most };
        if (mayForget && failed.Failures >= maxFailures && failed.Source != AddressSource.Bootstrap)
        {
            _addresses.RemoveAt(index);
        }
        else
        {
            _addresses[index] = failed;
        }

        return true;
    }

    /// <summary>Forgets addresses of which nothing was heard for too long.</summary>
    /// <returns>True if any went.</returns>
    public bool Expire(AddressBookOptions options, long now)
    {
        int gone = _addresses.RemoveAll(known => known.Source != AddressSource.Bootstrap
            && now - Math.Max(known.LastSeenSeconds, known.LastSuccessSeconds)
                > (long)(known.IsProven ? options.ProvenLifetime : options.UnprovenLifetime).TotalSeconds);
        if (_addresses.Count == 0)
        {
            (Record, RecordSequence) = (default, 0);
        }

        return gone > 0;
    }

    /// <summary>Strangers' claims that no dial has confirmed give way to better ones, so that they cannot fill a peer's places.</summary>
    private bool DropWorseThan(AddressSource source)
    {
        KnownAddress? worst = _addresses.Where(known => !known.IsProven && known.Source > source).OrderBy(static known => known.LastSeenSeconds).FirstOrDefault();
        return worst is not null && _addresses.Remove(worst);
    }
}
