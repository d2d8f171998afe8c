using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>
/// Which blocks are fetched next from whom: the blocks of the best header chain in their order, each from a peer that sent its header, several
/// peers at once. A peer that answers soon is asked for more at once, one that does not for less; a block that takes long is asked for from
/// a second peer, too. All members are called under the lock of <see cref="SyncPeers"/>.
/// </summary>
internal sealed class BodyPlan(BlockChain chain, HeaderIntake<PeerId> intake, SyncPeers peers, SyncOptions options, TimeProvider time, Action<string> warn)
{
    private readonly Dictionary<Hash256, BodySlot> _slots = [];
    private IReadOnlyList<BodyRequest<PeerId>> _plan = [];
    private int _next;
    private bool _isStale = true;

    /// <summary>Blocks that are being fetched or wait for their turn.</summary>
    internal int Ahead => _slots.Values.Count(static slot => slot.Open > 0 || slot.Block is not null);

    /// <summary>Bytes of those that wait for their turn.</summary>
    internal long BytesAhead { get; private set; }

    /// <summary>True if nothing is to be fetched.</summary>
    internal bool IsEmpty => _next >= _plan.Count;

    /// <summary>Headers came or went: the plan is made anew.</summary>
    internal void Spoil() => _isStale = true;

    /// <summary>Plans the next requests.</summary>
    internal List<BodyFetch> Assign()
    {
        Refresh();
        List<BodyFetch> fetches = [];
        for (int i = _next; i < _plan.Count && (BytesAhead < options.MaxBytesAhead || i == _next) && HasFreePeer(); i++)
        {
            if (SlotOf(_plan[i].Id).IsWanted && BestFor(_plan[i]) is { } peer)
            {
                fetches.Add(Fill(peer, i));
            }
        }

        return fetches;
    }

    /// <summary>Takes the next block in order if it is here.</summary>
    internal bool TryTake(out Block? block, out PeerId from)
    {
        (block, from) = (null, default);
        if (IsEmpty || !_slots.TryGetValue(_plan[_next].Id, out BodySlot? slot) || slot.Block is null)
        {
            return false;
        }

        (block, from) = (slot.Block, slot.From);
        Drop(_plan[_next].Id);
        return true;
    }

    /// <summary>True if the next block in order is here.</summary>
    internal bool IsNextThere => !IsEmpty && _slots.TryGetValue(_plan[_next].Id, out BodySlot? slot) && slot.Block is not null;

    /// <summary>The block that was taken is imported.</summary>
    internal void Advance(Hash256 id)
    {
        if (!IsEmpty && _plan[_next].Id == id)
        {
            _next++;
        }

        // A plan as long as it may be hides what comes behind.
        _isStale |= IsEmpty || (_plan.Count == options.MaxBlocksAhead && _next > _plan.Count / 2);
    }

    /// <summary>True if a block is still wanted.</summary>
    internal bool Wants(Hash256 id) => _slots.TryGetValue(id, out BodySlot? slot) && slot.Block is null;

    /// <summary>A block came that is what it should be.</summary>
    internal void Put(Block block, Hash256 id, PeerId from, int bytes)
    {
        if (_slots.TryGetValue(id, out BodySlot? slot) && slot.Block is null)
        {
            (slot.Block, slot.From, slot.Bytes) = (block, from, bytes);
            BytesAhead += bytes;
        }
    }

    /// <summary>
    /// How long an answer may take before others are asked as well: twice what the fastest peer takes, so that when all are busy nobody makes it
    /// worse by asking for everything twice; one that is fast enough lets nobody wait for the others.
    /// </summary>
    internal TimeSpan Patience
    {
        get
        {
            TimeSpan fastest = peers.All.Select(static peer => peer.AnswerTime).Min() ?? TimeSpan.Zero;
            return TimeSpan.FromTicks(Math.Clamp(2 * fastest.Ticks, options.HedgeDelay.Ticks, Math.Max(options.HedgeDelay.Ticks, options.BodyTimeout.Ticks / 2)));
        }
    }

    /// <summary>A peer did not answer soon: others may be asked, too.</summary>
    internal void MarkOverdue(BodyFetch fetch)
    {
        (fetch.Peer.Batch, fetch.Peer.AnswerTime) = (Math.Max(1, fetch.Peer.Batch / 2), null);
        foreach (Hash256 id in fetch.Ids)
        {
            if (_slots.TryGetValue(id, out BodySlot? slot))
            {
                slot.IsOverdue = true;
            }
        }
    }

    /// <summary>A request has ended.</summary>
    /// <param name="fetch">The request.</param>
    /// <param name="untouched">How many of its last ids the peer may still have: the answer was cut before them.</param>
    internal void End(BodyFetch fetch, int untouched)
    {
        fetch.Peer.Requests--;
        for (int i = 0; i < fetch.Ids.Count; i++)
        {
            if (_slots.TryGetValue(fetch.Ids[i], out BodySlot? slot))
            {
                slot.Open--;
                if (i >= fetch.Ids.Count - untouched)
                {
                    slot.Asked.Remove(fetch.Peer.Id);
                }
            }
        }
    }

    /// <summary>The peers whose word for the next block is worth nothing: all that sent its header were asked, and none has it.</summary>
    internal List<(PeerId Peer, Hash256 Id)> Exhausted()
    {
        if (IsEmpty)
        {
            return [];
        }

        BodyRequest<PeerId> next = _plan[_next];
        BodySlot slot = SlotOf(next.Id);
        bool isHopeless = slot.Block is null && slot.Open == 0
            && next.Peers.All(id => !peers.TryFind(id, out SyncPeer? peer) || slot.Asked.Contains(id) || !HasWitness(peer, next.Header));
        if (!isHopeless)
        {
            return [];
        }

        _isStale = true;
        return [.. next.Peers.Select(id => (id, next.Id))];
    }

    /// <summary>Tells once a peer that it has pruned what is wanted of it.</summary>
    internal void WarnOfPruning(SyncPeer peer, ulong height)
    {
        if (!peer.WasWarned)
        {
            peer.WasWarned = true;
            warn($"{peer.Id} has pruned the witness of block {height}; ask another node, or trust a checkpoint at or above it.");
        }
    }

    /// <summary>True if the block may come without its witness.</summary>
    internal bool MayLackWitness(BlockHeader header) => chain.TrustedCheckpoint is { } trusted && header.Height <= trusted.Height;

    private void Refresh()
    {
        if (!_isStale)
        {
            return;
        }

        (_isStale, _next) = (false, 0);
        _plan = intake.NextBodies(options.MaxBlocksAhead);
        foreach (SyncPeer peer in peers.All)
        {
            // Its branch leaves the chain deeper than it has places: only importing it shows what it is worth.
            _plan = _plan.Count == 0 && peer.IsFull ? intake.NextBodiesOf(peer.Id, options.MaxBlocksAhead) : _plan;
        }

        HashSet<Hash256> planned = [.. _plan.Select(static request => request.Id)];
        foreach (Hash256 id in _slots.Keys.Where(id => !planned.Contains(id)).ToList())
        {
            Drop(id);
        }
    }

    private BodyFetch Fill(SyncPeer peer, int first)
    {
        BodyFetch fetch = new(peer, []);
        for (int i = first; i < _plan.Count && fetch.Ids.Count < peer.Batch; i++)
        {
            BodySlot slot = SlotOf(_plan[i].Id);
            if (slot.IsWanted && IsCandidate(peer, _plan[i], slot))
            {
                slot.Asked.Add(peer.Id);
                (slot.Open, slot.IsOverdue) = (slot.Open + 1, false);
                fetch.Ids.Add(_plan[i].Id);
            }
        }

        peer.Requests++;
        return fetch;
    }

    /// <summary>The peer with the fewest requests under way, among those the one that has answered best.</summary>
    private SyncPeer? BestFor(BodyRequest<PeerId> request)
    {
        BodySlot slot = SlotOf(request.Id);
        SyncPeer? best = null;
        foreach (PeerId id in request.Peers)
        {
            if (peers.TryFind(id, out SyncPeer? peer) && IsCandidate(peer, request, slot) && peer.Requests < options.BodyRequestsPerPeer
                && (best is null || peer.Requests < best.Requests || (peer.Requests == best.Requests && peer.Batch > best.Batch)))
            {
                best = peer;
            }
        }

        return best;
    }

    private bool HasFreePeer() => peers.All.Any(peer => peer.Requests < options.BodyRequestsPerPeer && peer.PausedUntil <= time.GetTimestamp());

    private bool IsCandidate(SyncPeer peer, BodyRequest<PeerId> request, BodySlot slot)
    {
        if (slot.Asked.Contains(peer.Id) || peer.PausedUntil > time.GetTimestamp() || !request.Peers.Contains(peer.Id))
        {
            return false;
        }

        bool has = HasWitness(peer, request.Header);
        if (!has)
        {
            WarnOfPruning(peer, request.Header.Height);
        }

        return has;
    }

    private bool HasWitness(SyncPeer peer, BlockHeader header) => header.Height >= peer.WitnessFloor || MayLackWitness(header);

    private BodySlot SlotOf(Hash256 id)
    {
        if (!_slots.TryGetValue(id, out BodySlot? slot))
        {
            slot = new BodySlot();
            _slots.Add(id, slot);
        }

        return slot;
    }

    private void Drop(Hash256 id)
    {
        if (_slots.Remove(id, out BodySlot? slot))
        {
            BytesAhead -= slot.Bytes;
        }
    }
}
