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
    private readonly AnnouncedBlocks _places;
    private readonly AnnouncedBlocks _seats;
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
        _places = new AnnouncedBlocks(options.MaxAnnouncedBlocks, options.MaxAnnouncedBlocksPerPeer);
        _seats = new AnnouncedBlocks(options.MaxWaitingBlocksPerPeer * options.MaxAnnouncedBlocks, options.MaxWaitingBlocksPerPeer);
        network.Subscribe(
            SyncProtocols.BlockTopic, OnMessageAsync, new GossipTopicOptions
            {
                MaxMessageBytes = BlockAnnouncement.MaxEncodedBytes(options.InlineBlockBytes),

                // A verdict may wait for a parent that a later message brings; the places bound how many wait.
                HandledAtOnce = options.MaxAnnouncedBlocksPerPeer + options.MaxWaitingBlocksPerPeer + 1,
            });
        network.WhenDisconnected(orphans.Forget);
    }

    /// <summary>Announces a block of this node.</summary>
    internal Task PublishAsync(Block block) =>
        _network.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, _options.InlineBlockBytes));

    private async ValueTask<GossipVerdict> OnMessageAsync(PeerId peer, ReadOnlyMemory<byte> message)
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

        bool hasPlace = _places.TryEnter(peer);
        AnnouncedBlocks taken = hasPlace ? _places : _seats;
        if (!hasPlace && !_seats.TryEnter(peer))
        {
            _learnFrom(peer);
            return GossipVerdict.Ignore;
        }

        try
        {
            return hasPlace ? await JudgeAsync(peer, announced) : await WaitAsync(peer, announced.Header.Signed.Header.Id);
        }
        catch (OperationCanceledException) when (_network.Stopping.IsCancellationRequested)
        {
            return GossipVerdict.Ignore;
        }
        finally
        {
            taken.Leave(peer);
        }
    }

    /// <summary>Leaves a block to the sync: its sender has to show what is missing, and answers for it.</summary>
    private async Task<GossipVerdict> WaitAsync(PeerId peer, Hash256 id)
    {
        _learnFrom(peer);
        return await _imports.WaitAsync(id, () => IsThere(id), _options.AnnouncedBlockTimeout, _network.Stopping)
            ? GossipVerdict.Accept
            : GossipVerdict.Ignore;
    }

    /// <summary>The header alone tells that a block is known or malformed; the rest is not decoded then.</summary>
    private ValidationResult Peek(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> whole = BlockAnnouncement.BlockIn(message);
        return whole.IsEmpty ? ValidationResult.Ok : _chain.Peek(whole);
    }

    private async Task<GossipVerdict> JudgeAsync(PeerId peer, BlockAnnouncement announced)
    {
        BlockHeader header = announced.Header.Signed.Header;
        ValidationResult result = await TakeAsync(peer, announced);
        if (result.Code == ValidationCode.BadTimestamp && EarlyBlocks.DelayOf(header, _chain.Parameters, _time, _options) is { } delay)
        {
            await Task.Delay(delay, _time, _network.Stopping);
            result = await TakeAsync(peer, announced);
        }

        Hash256 id = header.Id;
        bool isOpen = result.Code is ValidationCode.UnknownParent or ValidationCode.RateLimited or ValidationCode.TooManyUnverified
            || (result.Code == ValidationCode.AlreadyKnown && !IsThere(id));
        if (isOpen)
        {
            return await WaitAsync(peer, id);
        }

        // Only an answer to a request may lack a witness that was pruned; gossip that does is nobody's honest mistake.
        return result.Code == ValidationCode.MissingWitness ? GossipVerdict.Reject : result.Verdict;
    }

    private Task<ValidationResult> TakeAsync(PeerId peer, BlockAnnouncement announced) =>
        announced.Block is { } block ? Task.FromResult(TakeWhole(peer, block)) : TakeHeaderAsync(peer, announced.Header);

    /// <summary>Imports a block that came along, with all that waited for it; it waits itself if its parent is not known.</summary>
    private ValidationResult TakeWhole(PeerId peer, Block block)
    {
        OrphanImport<PeerId> import = _orphans.Import(peer, block);
        if (import.Result.IsValid)
        {
            _imported(block, import.Result);
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
                _imported(orphan.Block, orphan.Result);
            }

            if (orphan.Result.Verdict == GossipVerdict.Reject)
            {
                _network.Punish(orphan.Source, $"invalid block {orphan.Block.Id.ToShortString()}: {orphan.Result}");
            }
        }
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
            result = await ImportAsync(peer, found.Block with { Seal = announced.Signed.Seal });
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

    /// <summary>Imports a body; one whose parent is being imported waits for it.</summary>
    private async Task<ValidationResult> ImportAsync(PeerId peer, Block block)
    {
        ValidationResult result = _intake.ImportBody(peer, block);
        Hash256 parent = block.Header.ParentHash;
        if (result.Code == ValidationCode.UnknownParent
            && await _imports.WaitAsync(parent, () => IsThere(parent), _options.AnnouncedBlockTimeout, _network.Stopping))
        {
            result = _intake.ImportBody(peer, block);
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
