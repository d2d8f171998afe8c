using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Headers;

/// <summary>Which headers come into the tree of an intake: the limits first, then the chain's cheap checks. The intake locks.</summary>
internal sealed class HeaderAdmission<TPeer>(BlockChain chain, PendingHeaders<TPeer> pending, HeaderIntakeOptions options, TimeProvider time)
    where TPeer : notnull
{
    /// <summary>Ends a peer's claims that are too old.</summary>
    internal void ForgetOld(TPeer peer, long now) => pending.ForgetOld(peer, IsOld(now));

    /// <summary>Ends all claims that are too old.</summary>
    internal void ForgetOld(long now) => pending.ForgetOld(IsOld(now));

    /// <summary>Checks a batch; the headers that passed, up to the first that did not. Known ones are passed over.</summary>
    internal ValidationResult CheckAll(
        TPeer peer, IReadOnlyList<HeaderAnnouncement> headers, List<(SignedHeader Signed, Hash256 Id, int Index)> passed, long now, out int taken)
    {
        taken = 0;
        Dictionary<Hash256, BlockHeader> batch = [];
        foreach (HeaderAnnouncement announced in headers)
        {
            BlockHeader header = announced.Signed.Header;
            Hash256 id = header.Id;
            ValidationResult result = batch.ContainsKey(id) ? Known() : Check(peer, header, id, announced.PublicData, batch, now);
            if (result.IsValid)
            {
                batch.Add(id, header);
                passed.Add((announced.Signed, id, taken));
            }
            else if (result.Code != ValidationCode.AlreadyKnown)
            {
                return result;
            }

            taken++;
        }

        return ValidationResult.Ok;
    }

    /// <summary>Checks a header on top of what is kept for the peer and of a batch that passed.</summary>
    internal ValidationResult Check(
        TPeer peer, BlockHeader header, Hash256 id, ReadOnlyMemory<byte> publicData, Dictionary<Hash256, BlockHeader> batch, long now)
    {
        if (publicData.Length > Block.MaxPublicDataBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(Block.Certificate), $"{publicData.Length} bytes; the limit is {Block.MaxPublicDataBytes}.");
        }

        ValidationResult place = CheckPlace(peer, id, batch.Count, now);
        if (!place.IsValid)
        {
            return place;
        }

        BlockHeader? FindPending(Hash256 ancestor) => pending.FindOwn(peer, ancestor)?.Header ?? batch.GetValueOrDefault(ancestor);
        if (pending.Find(id) is null)
        {
            return chain.Pending.CheckHeader(header, publicData, FindPending);
        }

        // Another peer's header passed the checks; only the ground that it stands on is this peer's own.
        return chain.GetPosition(header.ParentHash) is not null || FindPending(header.ParentHash) is not null
            ? ValidationResult.Ok
            : UnknownParent(header);
    }

    private ValidationResult CheckPlace(TPeer peer, Hash256 id, int inBatch, long now)
    {
        if (pending.FindOwn(peer, id) is not null || chain.GetPosition(id) is not null)
        {
            return Known();
        }

        int own = pending.CountOf(peer);
        if (own + inBatch >= options.MaxHeadersPerPeer)
        {
            return ValidationResult.Fail(
                ValidationCode.TooManyUnverified, nameof(BlockHeader), $"{own + inBatch} headers of this peer wait for their witness.");
        }

        if (own == 0 && pending.Peers >= options.MaxPeers)
        {
            ForgetOld(now);
        }

        return own > 0 || pending.Peers < options.MaxPeers
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.TooManyUnverified, "Peer", $"Headers of {pending.Peers} peers wait for their witness.");
    }

    /// <summary>Adds a header that passed, if its place and its ground are still there.</summary>
    internal ValidationResult Insert(TPeer peer, BlockHeader header, Hash256 id, long now)
    {
        ValidationResult place = CheckPlace(peer, id, 0, now);
        if (!place.IsValid)
        {
            return place;
        }

        BigInteger? below = pending.FindOwn(peer, header.ParentHash)?.ClaimedWork ?? chain.GetPosition(header.ParentHash)?.TotalWork;
        if (below is not { } work)
        {
            return UnknownParent(header);
        }

        pending.Add(peer, header, id, work + chain.Pending.WorkOf(header), now);
        return ValidationResult.Ok;
    }

    private Func<long, bool> IsOld(long now) => sent => time.GetElapsedTime(sent, now) > options.MaxAge;

    private static ValidationResult Known() => ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(BlockHeader), "The header is known.");

    private static ValidationResult UnknownParent(BlockHeader header) => ValidationResult.Fail(
        ValidationCode.UnknownParent, nameof(header.ParentHash), $"{header.ParentHash} is neither in the chain nor from this peer.");
}
