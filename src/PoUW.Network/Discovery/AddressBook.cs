using System.Buffers.Binary;
using PoUW.Core.Randomness;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// Where peers may be reached: claims of different worth, what dials have shown, and signed records to pass on. Any peer may claim anything
/// about any peer, so all of it is bounded: peers, addresses of a peer, and unproven peers that one part of the network has told of; news beyond
/// displaces news of the same teller's kind, never a peer that this node has reached. A signed record displaces unsigned claims about its peer, and later
/// ones are not taken. Members may be called from any thread; nothing is called back. Nothing is written to a store except by <see cref="Save"/>.
/// </summary>
public sealed class AddressBook
{
    private readonly Lock _gate = new();
    private readonly BookEntries _entries;
    private readonly AddressBookOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandomSource _random;

    /// <summary>An empty book.</summary>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="AddressBookOptions.Validate"/>.</exception>
    public AddressBook(AddressBookOptions options, TimeProvider time, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _random, _entries) = (options, time, random, new BookEntries(options));
    }

    /// <summary>How many peers there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Takes what somebody says, without a signature, about where a peer is.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="addresses">Its addresses; a peer at their end must be <paramref name="peer"/>.</param>
    /// <param name="source">Who says so. Not <see cref="AddressSource.SignedRecord"/>: see <see cref="AddRecord"/>.</param>
    /// <param name="toldBy">Where the teller is reached, or null for the operator.</param>
    /// <returns>True if anything of it was kept.</returns>
    public bool Add(PeerId peer, IReadOnlyList<Multiaddr> addresses, AddressSource source, Multiaddr? toldBy)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfEqual((int)source, (int)AddressSource.SignedRecord);
        Multiaddr[] usable = Usable(peer, addresses, source, toldBy);
        lock (_gate)
        {
            if (usable.Length == 0 || peer.IsNone)
            {
                return false;
            }

            if (_entries.Find(peer) is { HasRecord: true } entry && source != AddressSource.Bootstrap)
            {
                usable = [.. usable.Where(address => entry.Addresses.Any(has => has.Address == address))];
            }

            return _entries.TakeIn(peer, GroupOf(toldBy), added => added.Claim(usable, source, _options.MaxAddressesPerPeer, Now));
        }
    }

    /// <summary>Takes a record that a peer has signed, verified by the caller. An older one than is known changes nothing.</summary>
    /// <param name="peer">Who signed it.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="envelope">The signed envelope, to pass on; copied.</param>
    /// <param name="toldBy">Where the one who passed it on is reached, or null for the operator.</param>
    /// <returns>True if it is newer than what was known, and was kept.</returns>
    public bool AddRecord(PeerId peer, IReadOnlyList<Multiaddr> addresses, ulong sequence, ReadOnlySpan<byte> envelope, Multiaddr? toldBy)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (envelope.Length is 0 || envelope.Length > _options.MaxRecordBytes || peer.IsNone)
        {
            return false;
        }

        Multiaddr[] usable = Usable(peer, addresses, AddressSource.SignedRecord, toldBy);
        byte[] record = envelope.ToArray();
        lock (_gate)
        {
            bool isNews = usable.Length > 0 && !(_entries.Find(peer) is { HasRecord: true } known && known.RecordSequence >= sequence);
            return isNews && _entries.TakeIn(peer, GroupOf(toldBy), entry =>
            {
                entry.Replace(usable, record, sequence, _options.MaxAddressesPerPeer, Now);
                return true;
            });
        }
    }

    /// <summary>A dial has reached a peer at an address.</summary>
    public void MarkReached(PeerId peer, Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Multiaddr bare = address.WithoutPeer();
        lock (_gate)
        {
            _entries.TakeIn(peer, AddressScope.GroupOf(bare), entry =>
            {
                entry.Succeed(bare, _options.MaxAddressesPerPeer, Now);
                return true;
            });
        }
    }

    /// <summary>A dial of an address has failed. After enough of them in a row the address is forgotten.</summary>
    /// <param name="peer">Who was expected.</param>
    /// <param name="address">What was dialed.</param>
    /// <param name="mayForget">False if the failure may be this node's own: then the address is kept, and counts half of the failures at most.</param>
    public void MarkFailed(PeerId peer, Multiaddr address, bool mayForget = true)
    {
        ArgumentNullException.ThrowIfNull(address);
        Multiaddr bare = address.WithoutPeer();
        lock (_gate)
        {
            if (_entries.Find(peer) is { } entry)
            {
                _entries.Change(entry, changed => changed.Fail(bare, _options.MaxFailures, mayForget, Now));
            }
        }
    }

    /// <summary>Forgets a peer, whatever is known of it.</summary>
    public void Remove(PeerId peer)
    {
        lock (_gate)
        {
            if (_entries.Find(peer) is { } entry)
            {
                _entries.Drop(entry);
            }
        }
    }

    /// <summary>What is known of a peer, or null.</summary>
    public KnownPeer? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _entries.Find(peer) is { } entry ? entry.Snapshot() : null;
        }
    }

    /// <summary>
    /// Peers to dial, at random: those that were reached before and those that were not take turns, so that neither a flood of claims nor an old book
    /// decides alone.
    /// </summary>
    /// <param name="count">The most to give.</param>
    /// <param name="isWanted">False for peers to leave out. Called under the book's lock: it must not wait and not call the book.</param>
    public IReadOnlyList<KnownPeer> Pick(int count, Func<PeerId, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        lock (_gate)
        {
            ILookup<bool, BookEntry> wanted = _entries.All.Where(entry => isWanted(entry.Id)).ToLookup(static entry => entry.IsProven || entry.IsBootstrap);
            Queue<BookEntry> proven = Shuffled(wanted[true]);
            Queue<BookEntry> claimed = Shuffled(wanted[false]);
            List<KnownPeer> picked = [];
            for (bool turn = true; picked.Count < count && proven.Count + claimed.Count > 0; turn = !turn)
            {
                Queue<BookEntry> from = (turn && proven.Count > 0) || claimed.Count == 0 ? proven : claimed;
                picked.Add(from.Dequeue().Snapshot());
            }

            return picked;
        }
    }

    /// <summary>
    /// Peers to tell others of, at random: those with a signed record or that this node has reached. Only addresses that may be passed on are in
    /// the result, and no peer without any.
    /// </summary>
    public IReadOnlyList<KnownPeer> Share(int count, Func<PeerId, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        lock (_gate)
        {
            Queue<BookEntry> candidates = Shuffled(_entries.All.Where(entry => (entry.HasRecord || entry.IsProven) && isWanted(entry.Id)));
            List<KnownPeer> shared = [];
            while (shared.Count < count && candidates.TryDequeue(out BookEntry? entry))
            {
                KnownPeer peer = entry.Snapshot();
                peer = peer with { Addresses = [.. peer.Addresses.Where(known => _options.AllowPrivateAddresses || AddressScope.IsPublic(known.Address))] };
                if (peer.Addresses.Count > 0)
                {
                    shared.Add(peer);
                }
            }

            return shared;
        }
    }

    /// <summary>Forgets what nobody has confirmed for too long.</summary>
    public void Expire()
    {
        lock (_gate)
        {
            long now = Now;
            foreach (BookEntry entry in _entries.All.ToArray())
            {
                _entries.Change(entry, changed => changed.Expire(_options, now));
            }
        }
    }

    /// <summary>Writes what changed since the last call, in one batch, under keys that begin with a prefix.</summary>
    /// <returns>How many peers were written or removed.</returns>
    /// <exception cref="StoreException">Nothing was written; the next call tries again.</exception>
    public int Save(IKeyValueStore store, ReadOnlySpan<byte> prefix)
    {
        ArgumentNullException.ThrowIfNull(store);
        WriteBatch batch = new();
        PeerId[] saved;
        lock (_gate)
        {
            saved = _entries.TakeUnsaved();
            foreach (PeerId peer in saved)
            {
                byte[] key = [.. prefix, .. peer.Bytes];
                _ = _entries.Find(peer) is { } entry ? batch.Put(key, AddressBookCodec.Encode(entry.Snapshot())) : batch.Delete(key);
            }
        }

        bool isSaved = false;
        try
        {
            if (saved.Length > 0)
            {
                store.Apply(batch);
            }

            isSaved = true;
        }
        finally
        {
            if (!isSaved)
            {
                KeepUnsaved(saved);
            }
        }

        return saved.Length;
    }

    /// <summary>
    /// Reads what was saved. Entries that cannot be read, and those beyond the limits, are left out and removed at the next save. Whom the operator named
    /// before is a peer like others until <see cref="Add"/> names it again.
    /// </summary>
    /// <returns>How many peers were read.</returns>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    public int Load(IKeyValueReader store, ReadOnlySpan<byte> prefix)
    {
        ArgumentNullException.ThrowIfNull(store);
        int read = 0;
        int prefixLength = prefix.Length;
        foreach (KeyValuePair<byte[], byte[]> pair in store.ScanPrefix(prefix))
        {
            bool isPeer = PeerId.TryDecode(pair.Key.AsSpan(prefixLength), out PeerId id).IsValid;
            bool isRead = isPeer && AddressBookCodec.TryDecode(pair.Value, out KnownPeer? peer).IsValid && peer!.Id == id && Restore(peer);
            read += isRead ? 1 : 0;
            if (isPeer && !isRead)
            {
                KeepUnsaved([id]);
            }
        }

        return read;
    }

    private void KeepUnsaved(PeerId[] peers)
    {
        lock (_gate)
        {
            _entries.MarkUnsaved(peers);
        }
    }

    private bool Restore(KnownPeer peer)
    {
        lock (_gate)
        {
            return _entries.Restore(peer);
        }
    }

    private Multiaddr[] Usable(PeerId peer, IReadOnlyList<Multiaddr> addresses, AddressSource source, Multiaddr? toldBy)
    {
        // Who is reached at a private address may know others of that network; a stranger may not make this node knock at them.
        bool takesPrivate = _options.AllowPrivateAddresses || source == AddressSource.Bootstrap || toldBy is null || !AddressScope.IsPublic(toldBy);
        return
        [
            .. addresses
                .Take(AddressBookCodec.MaxAddresses)
                .Where(address => (address.Peer ?? peer) == peer)
                .Select(static address => address.WithoutPeer())
                .Where(address => takesPrivate || AddressScope.IsPublic(address))
                .Distinct()
                .Take(_options.MaxAddressesPerPeer),
        ];
    }

    private Queue<BookEntry> Shuffled(IEnumerable<BookEntry> entries)
    {
        BookEntry[] shuffled = [.. entries];
        for (int i = shuffled.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
        }

        return new Queue<BookEntry>(shuffled);
    }

    private int Below(int limit)
    {
        // The bias of a 64-bit number's remainder is far below what a choice among thousands can show.
        Span<byte> bytes = stackalloc byte[8];
        _random.Fill(bytes);
        return (int)(BinaryPrimitives.ReadUInt64LittleEndian(bytes) % (ulong)limit);
    }

    private static string GroupOf(Multiaddr? toldBy) => toldBy is null ? "" : AddressScope.GroupOf(toldBy);
}
