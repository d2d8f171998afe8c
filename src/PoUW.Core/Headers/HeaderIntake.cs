using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Headers;

/// <summary>
/// Headers that peers sent ahead of their blocks. A header that passes every check that needs no witness has cost its maker hash trials
/// only (expected work a block / 2^20), so it earns no chain work (<see cref="VerifiedWork"/>): the work that headers claim only says which
/// blocks to fetch first (<see cref="NextBodies"/>). No peer can make this node keep more than a fixed number of them. The intake fetches
/// nothing: whoever fetches a block gives it to <see cref="ImportBody"/>, or imports it and tells the intake how that went. It lives in
/// memory; a restart loses the headers, and peers are asked again. Source: tile-work notes 9.1, item 2. Thread-safe.
/// </summary>
/// <typeparam name="TPeer">What names a peer. Names are worth what the transport's authentication makes them worth.</typeparam>
public sealed class HeaderIntake<TPeer>
    where TPeer : notnull
{
    private readonly Lock _gate = new();
    private readonly BlockChain _chain;
    private readonly HeaderAdmission<TPeer> _admission;
    private readonly TimeProvider _time;
    private readonly PendingHeaders<TPeer> _pending = new();

    /// <summary>An empty intake on top of a chain.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public HeaderIntake(BlockChain chain, HeaderIntakeOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxHeadersPerPeer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxPeers);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaxAge, TimeSpan.Zero);
        (_chain, _time) = (chain, time);
        _admission = new HeaderAdmission<TPeer>(chain, _pending, options, time);
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
            return _pending.CountOf(peer);
        }
    }

    /// <summary>Unverified headers of one peer whose blocks may be fetched, lowest first: their order is that of the heights.</summary>
    public IReadOnlyList<BlockHeader> HeadersOf(TPeer peer)
    {
        lock (_gate)
        {
            return _pending.HeadersOf(peer);
        }
    }

    /// <summary>
    /// Checks all that can be checked of a header without its block (form, parent, height, time, bits, commitment, claimed ticket) and
    /// keeps it for the peer. The parent is a block of the chain, or a header that is kept for the same peer: so what one peer sent never
    /// depends on another peer. Limits come before the checks that cost. The seal is not looked at.
    /// </summary>
    /// <returns>
    /// <see cref="ValidationCode.TooManyUnverified"/> if the peer's places, or the places of all peers, are taken;
    /// <see cref="ValidationCode.AlreadyKnown"/> if the chain has the block or the peer sent the header before.
    /// </returns>
    public ValidationResult TryAdd(TPeer peer, BlockHeader header, ReadOnlyMemory<byte> publicData)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            _admission.ForgetOld(peer, now);
            Hash256 id = header.Id;
            ValidationResult result = _admission.Check(peer, header, id, publicData, [], now);
            return result.IsValid ? _admission.Insert(peer, header, id, now) : result;
        }
    }

    /// <summary>
    /// Takes a batch of headers of a sync, each on top of one before it or of something known: the checks of <see cref="TryAdd"/> for all, then,
    /// outside the lock, the seals of those that passed; a seal that another peer sent, too, is verified once. A wrong seal says nothing about
    /// the id, only about the peer.
    /// </summary>
    public HeaderBatchResult AddBatch(TPeer peer, IReadOnlyList<HeaderAnnouncement> headers)
    {
        List<(SignedHeader Signed, Hash256 Id, int Index)> passed = [];
        long now = _time.GetTimestamp();
        ValidationResult result;
        int taken;
        HashSet<Hash256> sealedBefore = [];
        lock (_gate)
        {
            _admission.ForgetOld(peer, now);
            result = _admission.CheckAll(peer, headers, passed, now, out taken);
            foreach ((SignedHeader signed, Hash256 id, _) in passed)
            {
                if (_pending.Find(id)?.Seal is { } known && AreSame(known, signed.Seal))
                {
                    sealedBefore.Add(id);
                }
            }
        }

        for (int i = 0; i < passed.Count; i++)
        {
            ValidationResult seal = sealedBefore.Contains(passed[i].Id) ? ValidationResult.Ok : _chain.Pending.CheckSeal(passed[i].Signed);
            if (!seal.IsValid)
            {
                (result, taken) = (seal, passed[i].Index);
                passed.RemoveRange(i, passed.Count - i);
            }
        }

        return Keep(peer, passed, now, new HeaderBatchResult(0, taken, result));
    }

    /// <summary>Keeps the headers of a batch that passed.</summary>
    private HeaderBatchResult Keep(
        TPeer peer, List<(SignedHeader Signed, Hash256 Id, int Index)> passed, long now, HeaderBatchResult checks)
    {
        int added = 0;
        lock (_gate)
        {
            foreach ((SignedHeader signed, Hash256 id, int index) in passed)
            {
                // Other calls may have taken the places, or the parent away.
                ValidationResult inserted = _admission.Insert(peer, signed.Header, id, now);
                if (!inserted.IsValid && inserted.Code != ValidationCode.AlreadyKnown)
                {
                    return new HeaderBatchResult(added, index, inserted);
                }

                if (_pending.Find(id) is { Seal: null } entry)
                {
                    entry.Seal = signed.Seal;
                }

                added += inserted.IsValid ? 1 : 0;
            }
        }

        return checks with { Added = added };
    }

    /// <summary>
    /// The blocks to fetch next: the lowest missing ones of the header chain that claims most work over all peers, lowest first. Empty if no
    /// header chain claims more than the chain of the head has. Headers whose branch finality or an invalid block has ruled out leave.
    /// </summary>
    /// <param name="count">The most to give; positive. Those that are under way are given again: the caller knows what it asked for.</param>
    public IReadOnlyList<BodyRequest<TPeer>> NextBodies(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        lock (_gate)
        {
            _admission.ForgetOld(_time.GetTimestamp());
            while (_pending.Best(Beats) is { } best && _chain.Pending.WouldWin(best.Header, best.ClaimedWork))
            {
                List<PendingHeader<TPeer>> path = _pending.PathTo(best);
                int imported = DropImported(path);
                if (imported == path.Count)
                {
                    continue;
                }

                if (_chain.Pending.CanExtend(path[imported].Header.ParentHash))
                {
                    return RequestsOf(path.Skip(imported).Take(count));
                }

                _pending.DropFrom(path[imported].Id);
            }

            return [];
        }
    }

    /// <summary>
    /// As <see cref="NextBodies"/>, for the best header chain of one peer, whatever work it claims. A branch that leaves the chain deeper than a
    /// peer has places shows its work only while its blocks are imported: whoever asks this way pays for blocks of a branch that may stay the
    /// lighter one, each of which has cost its maker a block's work.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="count">The most to give; positive.</param>
    public IReadOnlyList<BodyRequest<TPeer>> NextBodiesOf(TPeer peer, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        lock (_gate)
        {
            _admission.ForgetOld(peer, _time.GetTimestamp());
            while (_pending.BestOf(peer, Beats) is { } best)
            {
                List<PendingHeader<TPeer>> path = _pending.PathTo(best);
                int imported = DropImported(path);
                if (imported < path.Count)
                {
                    if (_chain.Pending.CanExtend(path[imported].Header.ParentHash))
                    {
                        return RequestsOf(path.Skip(imported).Take(count));
                    }

                    _pending.DropFrom(path[imported].Id);
                }
            }

            return [];
        }
    }

    /// <summary>
    /// Imports a block that a peer sent for a header, and draws the conclusions: an imported block's header leaves (<see cref="Promote"/>); a
    /// block that is invalid by its id condemns it with all above (<see cref="Condemn"/>); a body, seal or witness that does not fit is the
    /// peer's fault (<see cref="Discard"/>).
    /// </summary>
    /// <returns>What the chain says. <see cref="ValidationResult.Verdict"/> tells whether the peer is to be punished.</returns>
    public ValidationResult ImportBody(TPeer peer, Block block)
    {
        Hash256 id = block.Id;
        ValidationResult result = _chain.Import(block);
        switch (result.Code)
        {
            case ValidationCode.Ok or ValidationCode.AlreadyKnown:
                Promote(id);
                break;
            case ValidationCode.UnknownParent or ValidationCode.BadTimestamp:
                // Neither the block nor the peer is to blame: too early.
                break;
            case ValidationCode.InvalidAncestor or ValidationCode.BelowFinalized or ValidationCode.WrongCheckpoint:
                Condemn(id);
                break;
            case var _ when _chain.Pending.IsInvalid(id):
                Condemn(id);
                break;
            default:
                Discard(peer, id);
                break;
        }

        return result;
    }

    /// <summary>
    /// The chain has imported the block: the header leaves, and what was built on it stays. Nothing happens if the chain does not have it.
    /// </summary>
    public void Promote(Hash256 id)
    {
        lock (_gate)
        {
            if (_chain.GetPosition(id) is not null && _pending.Find(id) is { } entry)
            {
                _pending.Drop(entry);
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
            return new HeaderFault<TPeer>(peer, _pending.ReleaseFrom(peer, id));
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
            return _pending.DropFrom(id);
        }
    }

    /// <summary>The peer is gone; what only it had sent leaves.</summary>
    public void Forget(TPeer peer)
    {
        lock (_gate)
        {
            _pending.Forget(peer);
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
            while (_chain.GetPosition(tip) is null && _pending.Find(tip) is { } entry)
            {
                tip = entry.Header.ParentHash;
            }

            return _chain.GetPosition(tip)?.TotalWork;
        }
    }

    private static bool AreSame(ProducerSeal one, ProducerSeal other) =>
        one.PublicKey.Span.SequenceEqual(other.PublicKey.Span) && one.Signature.Span.SequenceEqual(other.Signature.Span);

    private static IReadOnlyList<BodyRequest<TPeer>> RequestsOf(IEnumerable<PendingHeader<TPeer>> entries) =>
        [.. entries.Select(entry => new BodyRequest<TPeer>(entry.Header, entry.Id, [.. entry.SenderOrder]))];

    /// <summary>Drops what was imported past the intake; how many of the path that are.</summary>
    private int DropImported(List<PendingHeader<TPeer>> path)
    {
        int imported = 0;
        for (; imported < path.Count && _chain.GetPosition(path[imported].Id) is not null; imported++)
        {
            _pending.Drop(path[imported]);
        }

        return imported;
    }

    private bool Beats(PendingHeader<TPeer> one, PendingHeader<TPeer> other) =>
        _chain.Pending.Beats(one.Header, one.ClaimedWork, other.Header, other.ClaimedWork);
}
