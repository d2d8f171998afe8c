using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Headers;

/// <summary>
/// Headers that peers sent ahead of their blocks. A header that passes every check that needs no witness has cost its maker hash trials
/// only (expected work a block / 2^20), so it earns no chain work (<see cref="VerifiedWork"/>), and no peer can make this node keep more
/// than a fixed number of them. The intake fetches nothing: whoever fetches the block imports it and then tells the intake how that
/// went. Source: tile-work notes 9.1, item 2. Thread-safe.
/// </summary>
/// <typeparam name="TPeer">What names a peer. Names are worth what the transport's authentication makes them worth.</typeparam>
public sealed class HeaderIntake<TPeer>
    where TPeer : notnull
{
    private readonly Lock _gate = new();
    private readonly BlockChain _chain;
    private readonly HeaderIntakeOptions _options;
    private readonly TimeProvider _time;
    private readonly Dictionary<Hash256, PendingHeader<TPeer>> _pending = [];
    private readonly Dictionary<TPeer, HashSet<Hash256>> _peers = [];

    /// <summary>An empty intake on top of a chain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public HeaderIntake(BlockChain chain, HeaderIntakeOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxHeadersPerPeer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxPeers);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaxAge, TimeSpan.Zero);
        (_chain, _options, _time) = (chain, options, time);
    }

    /// <summary>Unverified headers of all peers; one that several peers sent counts once.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Unverified headers of one peer.</summary>
    public int CountOf(TPeer peer)
    {
        lock (_gate)
        {
            return _peers.TryGetValue(peer, out HashSet<Hash256>? own) ? own.Count : 0;
        }
    }

    /// <summary>Unverified headers of one peer whose blocks may be fetched, lowest first: their order is that of the heights.</summary>
    public IReadOnlyList<BlockHeader> HeadersOf(TPeer peer)
    {
        lock (_gate)
        {
            return _peers.TryGetValue(peer, out HashSet<Hash256>? own)
                ? [.. own.Select(id => _pending[id]).OrderBy(entry => entry.Header.Height).ThenBy(entry => entry.Id).Select(entry => entry.Header)]
                : [];
        }
    }

    /// <summary>
    /// Checks all that can be checked of a header without its block (form, parent, height, time, bits, commitment, claimed ticket) and
    /// keeps it for the peer. The parent is a block of the chain, or a header that is kept for the same peer: so what one peer sent never
    /// depends on another peer. Limits come before the checks that cost.
    /// </summary>
    /// <returns>
    /// <see cref="ValidationCode.TooManyUnverified"/> if the peer's places, or the places of all peers, are taken;
    /// <see cref="ValidationCode.AlreadyKnown"/> if the chain has the block or the peer sent the header before.
    /// </returns>
    public ValidationResult TryAdd(TPeer peer, BlockHeader header, ReadOnlyMemory<byte> publicData)
    {
        if (publicData.Length > Block.MaxPublicDataBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(Block.Certificate), $"{publicData.Length} bytes; the limit is {Block.MaxPublicDataBytes}.");
        }

        Hash256 id = header.Id;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            ForgetOld(peer, now);
            ValidationResult place = CheckPlace(peer, id, now);
            if (!place.IsValid)
            {
                return place;
            }

            if (!_pending.TryGetValue(id, out PendingHeader<TPeer>? entry))
            {
                ValidationResult result = _chain.CheckHeader(header, publicData, ancestor => FindOwn(peer, ancestor));
                if (!result.IsValid)
                {
                    return result;
                }

                entry = new PendingHeader<TPeer>(header, id);
                _pending.Add(id, entry);
                if (_pending.TryGetValue(header.ParentHash, out PendingHeader<TPeer>? parent))
                {
                    parent.Children.Add(entry);
                }
            }

            else if (_chain.GetPosition(header.ParentHash) is null && FindOwn(peer, header.ParentHash) is null)
            {
                return ValidationResult.Fail(
                    ValidationCode.UnknownParent, nameof(header.ParentHash), $"{header.ParentHash} is neither in the chain nor from this peer.");
            }

            entry.Senders.Add(peer, now);
            Own(peer).Add(id);
            return ValidationResult.Ok;
        }
    }

    /// <summary>
    /// The chain has imported the block: the header leaves, and what was built on it stays. Nothing happens if the chain does not have it.
    /// </summary>
    public void Promote(Hash256 id)
    {
        lock (_gate)
        {
            if (_chain.GetPosition(id) is not null && _pending.TryGetValue(id, out PendingHeader<TPeer>? entry))
            {
                Drop(entry);
            }
        }
    }

    /// <summary>
    /// The witness that a peer sent for a header proves nothing: the peer's claim to the header and to all that it sent on top of it is
    /// void. Headers that other peers sent, too, stay, the one of the witness included.
    /// </summary>
    public HeaderFault<TPeer> Discard(TPeer peer, Hash256 id)
    {
        lock (_gate)
        {
            return new HeaderFault<TPeer>(peer, ReleaseFrom(peer, id));
        }
    }

    /// <summary>
    /// The block turned out invalid with a good witness, so its id is: it leaves with all that was built on it, whoever sent it. No peer
    /// is at fault, since no header shows it.
    /// </summary>
    /// <returns>How many headers left.</returns>
    public int Condemn(Hash256 id)
    {
        lock (_gate)
        {
            List<PendingHeader<TPeer>> condemned = FromHere(id);
            condemned.ForEach(Drop);
            return condemned.Count;
        }
    }

    /// <summary>The peer is gone; what only it had sent leaves.</summary>
    public void Forget(TPeer peer)
    {
        lock (_gate)
        {
            ForgetLocked(peer);
        }
    }

    /// <summary>
    /// The work behind a header that counts: that of its highest ancestor that the chain has, whose witness was verified (or which a
    /// trusted checkpoint vouches for, without work of its own). Headers add nothing to it. Null if neither knows the header.
    /// </summary>
    public BigInteger? VerifiedWork(Hash256 tip)
    {
        lock (_gate)
        {
            while (_chain.GetPosition(tip) is null && _pending.TryGetValue(tip, out PendingHeader<TPeer>? entry))
            {
                tip = entry.Header.ParentHash;
            }

            return _chain.GetPosition(tip)?.TotalWork;
        }
    }

    private BlockHeader? FindOwn(TPeer peer, Hash256 id) =>
        _pending.TryGetValue(id, out PendingHeader<TPeer>? entry) && entry.Senders.ContainsKey(peer) ? entry.Header : null;

    private ValidationResult CheckPlace(TPeer peer, Hash256 id, long now)
    {
        bool known = _peers.TryGetValue(peer, out HashSet<Hash256>? own);
        if ((known && own!.Contains(id)) || _chain.GetPosition(id) is not null)
        {
            return ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(BlockHeader), "The header is known.");
        }

        if (known)
        {
            return own!.Count < _options.MaxHeadersPerPeer
                ? ValidationResult.Ok
                : ValidationResult.Fail(
                    ValidationCode.TooManyUnverified, nameof(BlockHeader), $"{own.Count} headers of this peer wait for their witness.");
        }

        if (_peers.Count >= _options.MaxPeers)
        {
            foreach (TPeer other in _peers.Keys.ToList())
            {
                ForgetOld(other, now);
            }
        }

        return _peers.Count < _options.MaxPeers
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooManyUnverified, "Peer", $"Headers of {_peers.Count} peers wait for their witness.");
    }

    private HashSet<Hash256> Own(TPeer peer)
    {
        if (!_peers.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            own = [];
            _peers.Add(peer, own);
        }

        return own;
    }

    private void ForgetOld(TPeer peer, long now)
    {
        if (_peers.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            foreach (Hash256 id in own.Where(id => _time.GetElapsedTime(_pending[id].Senders[peer], now) > _options.MaxAge).ToList())
            {
                ReleaseFrom(peer, id);
            }
        }
    }

    private void ForgetLocked(TPeer peer)
    {
        if (_peers.TryGetValue(peer, out HashSet<Hash256>? own))
        {
            foreach (Hash256 id in own.ToList())
            {
                Release(peer, _pending[id]);
            }
        }
    }

    /// <summary>Ends a peer's claim to a header and to what it sent on top of it.</summary>
    private int ReleaseFrom(TPeer peer, Hash256 id)
    {
        List<PendingHeader<TPeer>> claims = [.. FromHere(id).Where(entry => entry.Senders.ContainsKey(peer))];
        claims.ForEach(entry => Release(peer, entry));
        return claims.Count;
    }

    /// <summary>A pending header and all pending headers that descend from it.</summary>
    private List<PendingHeader<TPeer>> FromHere(Hash256 id)
    {
        List<PendingHeader<TPeer>> found = _pending.TryGetValue(id, out PendingHeader<TPeer>? first) ? [first] : [];
        for (int i = 0; i < found.Count; i++)
        {
            found.AddRange(found[i].Children);
        }

        return found;
    }

    private void Drop(PendingHeader<TPeer> entry)
    {
        foreach (TPeer peer in entry.Senders.Keys.ToList())
        {
            Release(peer, entry);
        }
    }

    private void Release(TPeer peer, PendingHeader<TPeer> entry)
    {
        entry.Senders.Remove(peer);
        HashSet<Hash256> own = _peers[peer];
        own.Remove(entry.Id);
        if (own.Count == 0)
        {
            _peers.Remove(peer);
        }

        if (entry.Senders.Count == 0)
        {
            _pending.Remove(entry.Id);
            if (_pending.TryGetValue(entry.Header.ParentHash, out PendingHeader<TPeer>? parent))
            {
                parent.Children.Remove(entry);
            }
        }
    }
}
