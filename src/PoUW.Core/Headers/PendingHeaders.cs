using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Headers;

/// <summary>The tree of headers without verified witness, and which peer sent which. The intake locks and bounds it.</summary>
internal sealed class PendingHeaders<TPeer>
    where TPeer : notnull
{
    private readonly Dictionary<Hash256, PendingHeader<TPeer>> _byId = [];
    private readonly Dictionary<TPeer, HashSet<Hash256>> _byPeer = [];

    internal int Count => _byId.Count;

    internal int Peers => _byPeer.Count;

    internal PendingHeader<TPeer>? Find(Hash256 id) => _byId.GetValueOrDefault(id);

    internal PendingHeader<TPeer>? FindOwn(TPeer peer, Hash256 id) =>
        _byId.TryGetValue(id, out PendingHeader<TPeer>? entry) && entry.Senders.ContainsKey(peer) ? entry : null;

    internal bool Knows(TPeer peer) => _byPeer.ContainsKey(peer);

    internal int CountOf(TPeer peer) => _byPeer.TryGetValue(peer, out HashSet<Hash256>? own) ? own.Count : 0;

    /// <summary>The headers of a peer by height, among equals by id.</summary>
    internal IReadOnlyList<BlockHeader> HeadersOf(TPeer peer) => _byPeer.TryGetValue(peer, out HashSet<Hash256>? own)
        ? [.. own.Select(id => _byId[id]).OrderBy(entry => entry.Header.Height).ThenBy(entry => entry.Id).Select(entry => entry.Header)]
        : [];

    /// <summary>Adds a header that is not there, or another sender of one that is.</summary>
    internal void Add(TPeer peer, BlockHeader header, Hash256 id, BigInteger claimedWork, long now)
    {
        if (!_byId.TryGetValue(id, out PendingHeader<TPeer>? entry))
        {
            entry = new PendingHeader<TPeer>(header, id, claimedWork);
            _byId.Add(id, entry);
            if (_byId.TryGetValue(header.ParentHash, out PendingHeader<TPeer>? parent))
            {
                parent.Children.Add(entry);
            }
        }

        entry.Senders.Add(peer, now);
        entry.SenderOrder.Add(peer);
        if (!_byPeer.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            own = [];
            _byPeer.Add(peer, own);
        }

        own.Add(id);
    }

    /// <summary>The header whose chain claims most, by a comparison that says whether the first beats the second; among equals the lowest id.</summary>
    internal PendingHeader<TPeer>? Best(Func<PendingHeader<TPeer>, PendingHeader<TPeer>, bool> beats)
    {
        PendingHeader<TPeer>? best = null;
        foreach (PendingHeader<TPeer> entry in _byId.Values)
        {
            if (best is null || beats(entry, best) || (!beats(best, entry) && entry.Id < best.Id))
            {
                best = entry;
            }
        }

        return best;
    }

    /// <summary>As <see cref="Best"/>, among the headers of one peer.</summary>
    internal PendingHeader<TPeer>? BestOf(TPeer peer, Func<PendingHeader<TPeer>, PendingHeader<TPeer>, bool> beats)
    {
        PendingHeader<TPeer>? best = null;
        foreach (Hash256 id in _byPeer.TryGetValue(peer, out HashSet<Hash256>? own) ? own : [])
        {
            PendingHeader<TPeer> entry = _byId[id];
            if (best is null || beats(entry, best) || (!beats(best, entry) && entry.Id < best.Id))
            {
                best = entry;
            }
        }

        return best;
    }

    /// <summary>The pending headers from the lowest up to one.</summary>
    internal List<PendingHeader<TPeer>> PathTo(PendingHeader<TPeer> tip)
    {
        List<PendingHeader<TPeer>> path = [];
        for (PendingHeader<TPeer>? at = tip; at is not null; at = Find(at.Header.ParentHash))
        {
            path.Add(at);
        }

        path.Reverse();
        return path;
    }

    /// <summary>A pending header and all pending headers that descend from it.</summary>
    internal List<PendingHeader<TPeer>> FromHere(Hash256 id)
    {
        List<PendingHeader<TPeer>> found = _byId.TryGetValue(id, out PendingHeader<TPeer>? first) ? [first] : [];
        for (int i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].Children);
        }

        return found;
    }

    /// <summary>Ends a peer's claim to a header and to what it sent on top of it.</summary>
    internal int ReleaseFrom(TPeer peer, Hash256 id)
    {
        List<PendingHeader<TPeer>> claims = [.. FromHere(id).Where(entry => entry.Senders.ContainsKey(peer))];
        claims.ForEach(entry => Release(peer, entry));
        return claims.Count;
    }

    /// <summary>Removes a header, whoever sent it; what was built on it stays.</summary>
    internal void Drop(PendingHeader<TPeer> entry)
    {
        foreach (TPeer peer in entry.SenderOrder.ToList())
        {
            Release(peer, entry);
        }
    }

    /// <summary>Removes a header with all that descend from it.</summary>
    internal int DropFrom(Hash256 id)
    {
        List<PendingHeader<TPeer>> dropped = FromHere(id);
        dropped.ForEach(Drop);
        return dropped.Count;
    }

    internal void Forget(TPeer peer)
    {
        if (_byPeer.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            foreach (Hash256 id in own.ToList())
            {
                Release(peer, _byId[id]);
            }
        }
    }

    /// <summary>Ends a peer's claims that are too old, with what it sent on top of them.</summary>
    internal void ForgetOld(TPeer peer, Func<long, bool> isOld)
    {
        if (_byPeer.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            foreach (Hash256 id in own.Where(id => isOld(_byId[id].Senders[peer])).ToList())
            {
                ReleaseFrom(peer, id);
            }
        }
    }

    internal void ForgetOld(Func<long, bool> isOld)
    {
        foreach (TPeer peer in _byPeer.Keys.ToList())
        {
            ForgetOld(peer, isOld);
        }
    }

    private void Release(TPeer peer, PendingHeader<TPeer> entry)
    {
        entry.Senders.Remove(peer);
        entry.SenderOrder.Remove(peer);
        HashSet<Hash256> own = _byPeer[peer];
        own.Remove(entry.Id);
        if (own.Count == 0)
        {
            _byPeer.Remove(peer);
        }

        if (entry.Senders.Count == 0)
        {
            _byId.Remove(entry.Id);
            if (_byId.TryGetValue(entry.Header.ParentHash, out PendingHeader<TPeer>? parent))
            {
                parent.Children.Remove(entry);
            }
        }
    }
}
