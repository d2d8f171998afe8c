using PoUW.Network.Identity;

namespace PoUW.Network.Discovery;

/// <summary>
/// The entries of an address book, which of them are not saved, and who gives way to whom when there are too many. Not thread-safe.
/// </summary>
internal sealed class BookEntries(AddressBookOptions options)
{
    private readonly SortedDictionary<PeerId, BookEntry> _entries = [];
    private readonly SortedSet<PeerId> _unsaved = [];
    private readonly Dictionary<string, int> _unproven = new(StringComparer.Ordinal);
    private long _nextOrder;

    public int Count => _entries.Count;

    /// <summary>All, in the order of their ids.</summary>
    public IReadOnlyCollection<BookEntry> All => _entries.Values;

    public BookEntry? Find(PeerId peer) => _entries.GetValueOrDefault(peer);

    /// <summary>The peers that changed or went since the last call.</summary>
    public PeerId[] TakeUnsaved()
    {
        PeerId[] unsaved = [.. _unsaved];
        _unsaved.Clear();
        return unsaved;
    }

    public void MarkUnsaved(IEnumerable<PeerId> peers) => _unsaved.UnionWith(peers);

    /// <summary>Takes a peer as it was saved, if there is room for it.</summary>
    public bool Restore(KnownPeer peer)
    {
        bool fits = _entries.Count < options.MaxPeers && !_entries.ContainsKey(peer.Id) && peer.Addresses.Count <= options.MaxAddressesPerPeer;
        if (fits)
        {
            Insert(new BookEntry(peer));
        }

        return fits;
    }

    /// <summary>Changes an entry, or makes room for it and adds it first.</summary>
    public bool TakeIn(PeerId peer, string group, Func<BookEntry, bool> change)
    {
        if (_entries.TryGetValue(peer, out BookEntry? known))
        {
            return Change(known, change);
        }

        BookEntry entry = new(peer, group);
        bool isTaken = change(entry) && entry.Addresses.Count > 0 && MakeRoom(entry);
        if (isTaken)
        {
            Insert(entry);
            _unsaved.Add(peer);
        }

        return isTaken;
    }

    /// <summary>Changes an entry; one without addresses goes.</summary>
    public bool Change(BookEntry entry, Func<BookEntry, bool> change)
    {
        CountUnproven(entry, -1);
        bool changed = change(entry);
        CountUnproven(entry, +1);
        if (changed)
        {
            _unsaved.Add(entry.Id);
        }

        if (entry.Addresses.Count == 0)
        {
            Drop(entry);
        }

        return changed;
    }

    private void Insert(BookEntry entry)
    {
        entry.Order = _nextOrder++;
        _entries.Add(entry.Id, entry);
        CountUnproven(entry, +1);
    }

    /// <summary>Forgets an entry.</summary>
    public void Drop(BookEntry entry)
    {
        CountUnproven(entry, -1);
        _entries.Remove(entry.Id);
        _unsaved.Add(entry.Id);
    }

    private bool MakeRoom(BookEntry newcomer)
    {
        if (IsUnproven(newcomer) && _unproven.GetValueOrDefault(newcomer.SourceGroup) >= options.MaxUnprovenPeersPerSource)
        {
            Drop(Oldest(_entries.Values.Where(entry => IsUnproven(entry) && entry.SourceGroup == newcomer.SourceGroup))!);
        }

        if (_entries.Count < options.MaxPeers)
        {
            return true;
        }

        // The largest teller gives way first. A claim never displaces a peer that was reached.
        string largest = _unproven.OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key, StringComparer.Ordinal).FirstOrDefault().Key ?? "";
        BookEntry? victim = Oldest(_entries.Values.Where(entry => IsUnproven(entry) && entry.SourceGroup == largest))
            ?? (IsUnproven(newcomer) ? null : Oldest(_entries.Values.Where(static entry => !entry.IsBootstrap)));
        if (victim is not null)
        {
            Drop(victim);
        }

        return victim is not null;
    }

    private void CountUnproven(BookEntry entry, int change)
    {
        if (!IsUnproven(entry))
        {
            return;
        }

        int count = _unproven.GetValueOrDefault(entry.SourceGroup) + change;
        if (count > 0)
        {
            _unproven[entry.SourceGroup] = count;
        }
        else
        {
            _unproven.Remove(entry.SourceGroup);
        }
    }

    private static bool IsUnproven(BookEntry entry) => !entry.IsProven && !entry.IsBootstrap;

    private static BookEntry? Oldest(IEnumerable<BookEntry> entries) => entries.MinBy(static entry => (entry.LastSeenSeconds, entry.Order));
}
