using System.Diagnostics.CodeAnalysis;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>The peers of a sync, by id, so that nothing depends on the order of a hash table. Its lock guards them and all plans.</summary>
internal sealed class SyncPeers
{
    private readonly SortedDictionary<PeerId, SyncPeer> _peers = [];

    /// <summary>Guards the peers, and what is planned for them.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>The peers in the order of their ids; under the lock.</summary>
    internal IEnumerable<SyncPeer> All => _peers.Values;

    /// <summary>How many there are; under the lock.</summary>
    internal int Count => _peers.Count;

    internal void Add(PeerId id)
    {
        lock (Gate)
        {
            _peers.TryAdd(id, new SyncPeer(id));
        }
    }

    internal void Remove(PeerId id)
    {
        lock (Gate)
        {
            _peers.Remove(id);
        }
    }

    /// <summary>Finds a peer; under the lock.</summary>
    internal bool TryFind(PeerId id, [NotNullWhen(true)] out SyncPeer? peer) => _peers.TryGetValue(id, out peer);

    /// <summary>The other peers in the order of ids, beginning with the one after a peer; under the lock.</summary>
    internal IEnumerable<SyncPeer> AllAfter(PeerId id) =>
        _peers.Values.Where(peer => peer.Id > id).Concat(_peers.Values.TakeWhile(peer => peer.Id < id));

    /// <summary>The peer after another in the order of ids, the first after the last; under the lock.</summary>
    internal SyncPeer? After(PeerId? id) => (id is { } last ? AllAfter(last) : _peers.Values).FirstOrDefault() ?? _peers.Values.FirstOrDefault();
}
