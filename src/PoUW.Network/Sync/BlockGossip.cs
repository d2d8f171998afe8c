using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;

namespace PoUW.Network.Sync;

/// <summary>
/// Announces blocks and judges announcements. The header is checked cheaply, the body is fetched and imported in full, and only then is the
/// announcement accepted: so it travels no faster than valid blocks do. A verdict may take as long as the fetch; places are limited, and a
/// peer that has taken its own is left to the sync. Thread-safe.
/// </summary>
internal sealed class BlockGossip
{
    private readonly BlockChain _chain;
    private readonly HeaderIntake<PeerId> _intake;
    private readonly OrphanPool<PeerId> _orphans;
    private readonly Func<PeerId, bool> _admitCertificate;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly TimeProvider _time;
    private readonly BlockSource _source;
    private readonly AnnouncementPlaces _places;
    private readonly AnnouncementPlaces _seats;
    private readonly PeerWaits _waits;
    private readonly ImportedBlocks _imports;
    private readonly Action<PeerId> _learnFrom;
    private readonly Action<Block, ValidationResult> _imported;

    internal BlockGossip(
        BlockChain chain, HeaderIntake<PeerId> intake, OrphanPool<PeerId> orphans, Func<PeerId, bool> admitCertificate, SyncNetwork network,
        SyncOptions options, TimeProvider time, ImportedBlocks imports, Action<PeerId> learnFrom, Action<Block, ValidationResult> imported)
    {
        (_chain, _intake, _orphans, _admitCertificate, _network) = (chain, intake, orphans, admitCertificate, network);
        (_options, _time, _imports, _learnFrom, _imported) = (options, time, imports, learnFrom, imported);
        _source = new BlockSource(chain, network, options, time);
        _places = new AnnouncementPlaces(options.MaxAnnouncedBlocks, options.MaxAnnouncedBlocksPerPeer);
        _waits = new PeerWaits(network);
        _seats = new AnnouncementPlaces(options.MaxWaitingBlocksPerPeer * options.MaxAnnouncedBlocks, options.MaxWaitingBlocksPerPeer);
        network.Subscribe(
            SyncProtocols.BlockTopic, OnMessageAsync, new GossipTopicOptions
            {
                MaxMessageBytes = BlockAnnouncement.MaxEncodedBytes(options.InlineBlockBytes),

                // A verdict may wait for a parent that a later message brings; the places bound how many wait.
                HandledAtOnce = options.MaxAnnouncedBlocksPerPeer + options.MaxWaitingBlocksPerPeer + 1,
                InboxBytes = options.InboxBytes,
            });
        network.WhenDisconnected(orphans.Forget);
        network.WhenDisconnected(_waits.End);
    }

    /// <summary>Announces a block of this node.</summary>
    internal Task PublishAsync(Block block) =>
        _network.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, _options.InlineBlockBytes));

    private async ValueTask<GossipOutcome> OnMessageAsync(PeerId peer, ReadOnlyMemory<byte> message)
    {
        ValidationResult peeked = Peek(message.Span);
        if (!peeked.IsValid && peeked.Code != ValidationCode.UnknownParent)
        {
            return peeked.Verdict;
        }

        if (BlockAnnouncement.TryDecode(message.Span, _options.InlineBlockBytes, _chain.Parameters.MaxBlockBytes) is not { } announced)
        {
            return GossipVerdict.Reject;
        }

        try
        {
            return await JudgeAsync(peer, announced);
        }
        catch (OperationCanceledException) when (_network.Stopping.IsCancellationRequested)
        {
            return GossipVerdict.Ignore;
        }
    }

    /// <summary>The header alone tells that a block is known or malformed; the rest is not decoded then.</summary>
    private ValidationResult Peek(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> whole = BlockAnnouncement.BlockIn(message);
        return whole.IsEmpty ? ValidationResult.Ok : _chain.Peek(whole);
    }

    private async Task<GossipOutcome> JudgeAsync(PeerId peer, BlockAnnouncement announced)
    {
        ValidationResult result = await TakeAsync(peer, announced);
        TimeSpan? delay = result.Code == ValidationCode.BadTimestamp
            ? EarlyBlocks.DelayOf(announced.Header.Signed.Header, _chain.Parameters, _time, _options)
            : null;
        if (delay is not null || IsOpen(announced, result))
        {
            return await WaitAsync(peer, announced, result, delay);
        }

        return VerdictOf(announced, result);
    }

    /// <summary>
    /// Waits until a block is due, or until the sync brings it: its sender has to show what is missing, and answers for it. That takes a seat and no
    /// place, which others would lack meanwhile; and who wants a seat has to have worked for it.
    /// </summary>
    private async Task<GossipOutcome> WaitAsync(PeerId peer, BlockAnnouncement announced, ValidationResult first, TimeSpan? delay)
    {
        // These two are said of headers only that have passed the checks.
        bool isChecked = first.Code is ValidationCode.RateLimited or ValidationCode.AlreadyKnown;
        ValidationResult work = isChecked ? ValidationResult.Ok : _chain.CheckUnattached(announced.Header);
        if (!work.IsValid)
        {
            _learnFrom(peer);
            return work.Verdict == GossipVerdict.Reject ? GossipVerdict.Reject : GossipVerdict.Ignore;
        }

        if (!_seats.TryEnter(peer))
        {
            _learnFrom(peer);
            return GossipOutcome.RefuseSender;
        }

        CancellationToken gone = _waits.TokenOf(peer);
        try
        {
            if (delay is { } early)
            {
                await Task.Delay(early, _time, gone);
                ValidationResult result = await TakeAsync(peer, announced);
                if (!IsOpen(announced, result))
                {
                    return VerdictOf(announced, result);
                }
            }

            Hash256 id = announced.Header.Signed.Header.Id;
            _learnFrom(peer);
            await _imports.WaitAsync(id, () => IsThere(id), _options.AnnouncedBlockTimeout, gone);

            // Who announced it has not shown what is missing; another one may.
            return IsStored(announced) ? GossipVerdict.Accept : IsThere(id) ? GossipVerdict.Ignore : GossipOutcome.RefuseSender;
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            return GossipOutcome.RefuseSender;
        }
        finally
        {
            _seats.Leave(peer);
        }
    }

    /// <summary>True if the block may be good, and the sync can bring what lacks.</summary>
    private bool IsOpen(BlockAnnouncement announced, ValidationResult result) =>
        result.Code is ValidationCode.UnknownParent or ValidationCode.RateLimited or ValidationCode.TooManyUnverified
        || (result.Code == ValidationCode.AlreadyKnown && !IsThere(announced.Header.Signed.Header.Id));

    private GossipVerdict VerdictOf(BlockAnnouncement announced, ValidationResult result)
    {
        if (result.IsValid)
        {
            return IsStored(announced) ? GossipVerdict.Accept : GossipVerdict.Ignore;
        }

        // Only an answer to a request may lack a witness that was pruned; gossip that does is nobody's honest mistake.
        return result.Code == ValidationCode.MissingWitness ? GossipVerdict.Reject : result.Verdict;
    }

    /// <summary>
    /// True if the announcement is that of the stored block byte for byte. Seal, public data and witness are outside the id: what differs in them
    /// nobody has verified, and what is accepted is passed on.
    /// </summary>
    private bool IsStored(BlockAnnouncement announced)
    {
        Hash256 id = announced.Header.Signed.Header.Id;
        if (!IsThere(id))
        {
            return false;
        }

        return announced.Block is { } block
            ? _chain.GetBlock(id)?.Encode().AsSpan().SequenceEqual(block.Encode()) == true
            : _chain.GetAnnouncement(id, out _) is { } stored && AnnouncedHeader.AreSame(stored, announced.Header);
    }

    /// <summary>Checks, fetches and imports a block, in one of the places for that.</summary>
    private async Task<ValidationResult> TakeAsync(PeerId peer, BlockAnnouncement announced)
    {
        if (!_places.TryEnter(peer))
        {
            return ValidationResult.Fail(ValidationCode.TooManyUnverified, nameof(Block), "As many announced blocks as may be are being fetched.");
        }

        try
        {
            return announced.Block is { } block ? TakeWhole(peer, block) : await TakeHeaderAsync(peer, announced.Header);
        }
        finally
        {
            _places.Leave(peer);
        }
    }

    /// <summary>Imports a block that came along, with all that waited for it; it waits itself if its parent is not known.</summary>
    private ValidationResult TakeWhole(PeerId peer, Block block)
    {
        OrphanImport<PeerId> import = _orphans.Import(peer, block);
        if (import.Result.IsValid)
        {
            TellImported(block, import.Result);
        }

        TellAdopted(import.Adopted);
        return import.Result;
    }

    /// <summary>Imports what waited for a block that came another way.</summary>
    internal void Connect(Hash256 id) => TellAdopted(_orphans.Connect(id));

    private void TellAdopted(IReadOnlyList<AdoptedOrphan<PeerId>> adopted)
    {
        foreach (AdoptedOrphan<PeerId> orphan in adopted)
        {
            if (orphan.Result.IsValid)
            {
                TellImported(orphan.Block, orphan.Result);
            }

            if (orphan.Result.Verdict == GossipVerdict.Reject)
            {
                _network.Punish(orphan.Source, $"invalid block {orphan.Block.Id.ToShortString()}: {orphan.Result}");
            }
        }
    }

    private void TellImported(Block block, ValidationResult result)
    {
        // Its header may have come before it and wait there.
        _intake.Promote(block.Id);
        _imported(block, result);
    }

    private async Task<ValidationResult> TakeHeaderAsync(PeerId peer, HeaderAnnouncement announced)
    {
        BlockHeader header = announced.Signed.Header;
        Hash256 id = header.Id;
        ValidationResult result = _intake.TryAdd(peer, header, announced.PublicData);
        if (!result.IsValid)
        {
            return result;
        }

        if (!_admitCertificate(peer))
        {
            return ValidationResult.Fail(ValidationCode.RateLimited, nameof(BlockHeader), "Too many blocks that nobody asked for.");
        }

        HashSet<PeerId> refused = [];
        while (await _source.FetchAsync(peer, header, refused) is { } found)
        {
            // The seal is the announcement's: what is forwarded is what was verified.
            result = ImportFetched(peer, found.Block with { Seal = announced.Signed.Seal }, found.From);
            bool isFaultOfSource = !result.IsValid && !_chain.IsInvalid(id) && result.Code is not ValidationCode.BadSignature
                && result.Verdict == GossipVerdict.Reject;
            if (!isFaultOfSource)
            {
                return result.Code == ValidationCode.AlreadyKnown && IsThere(id) ? ValidationResult.Ok : result;
            }

            refused.Add(found.From);
            if (found.From == peer)
            {
                return result;
            }

            _network.Punish(found.From, $"invalid body {id.ToShortString()}: {result}");
        }

        // The sync tries the peers that send the header later.
        return ValidationResult.Fail(ValidationCode.UnknownParent, nameof(Block), "Nobody has the block.");
    }

    /// <summary>Imports a body; one whose parent is not here yet waits for it among the orphans, if its sender answers for all of it.</summary>
    private ValidationResult ImportFetched(PeerId peer, Block block, PeerId from)
    {
        ValidationResult result = _intake.ImportBody(peer, block);
        if (result.Code == ValidationCode.UnknownParent && from == peer)
        {
            return TakeWhole(peer, block);
        }

        if (result.IsValid)
        {
            _imported(block, result);
            Connect(block.Id);
        }

        return result;
    }

    private bool IsThere(Hash256 id) => _chain.GetPosition(id) is not null && !_chain.IsInvalid(id);
}
