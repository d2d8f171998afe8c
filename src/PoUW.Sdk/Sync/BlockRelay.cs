using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Orphans;
using PoUW.Core.Primitives;
using PoUW.Core.Runtime;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Network.Messaging;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Requests;

namespace PoUW.Sdk.Sync;

/// <summary>
/// Carries blocks and transactions between the chain and the network: gossip of new ones, and catching up with a peer that knows more.
/// Every block is validated in full before it is passed on. Blocks that nobody asked for draw on a budget of certificates, and wait for their
/// parent if it is not known; blocks that this node asked for draw on nothing, since their sender answers for each bad one. Thread-safe.
/// </summary>
internal sealed class BlockRelay
{
    public const string BlockTopic = "pouw/blocks/1";
    public const string TransactionTopic = "pouw/transactions/1";

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    private readonly BlockChain _chain;
    private readonly TransactionPool _pool;
    private readonly NetworkNode _network;
    private readonly ISpawner _spawner;
    private readonly Action _poolChanged;
    private readonly OrphanPool<PeerId> _orphans;
    private readonly Action<string> _warn;
    private readonly CancellationToken _stopping;
    private readonly SemaphoreSlim _catchingUp = new(1, 1);

    public BlockRelay(
        BlockChain chain, TransactionPool pool, NetworkNode network, ISpawner spawner, Action poolChanged, OrphanPool<PeerId> orphans,
        Action<string> warn, CancellationToken stopping)
    {
        (_chain, _pool, _network, _spawner, _poolChanged, _stopping) = (chain, pool, network, spawner, poolChanged, stopping);
        (_orphans, _warn) = (orphans, warn);
        network.Subscribe(BlockTopic, OnBlock);
        network.Subscribe(TransactionTopic, OnTransaction);
        network.Serve(SyncRequest.Protocol, OnSyncRequest);
        network.PeerConnected += peer => StartCatchUp(peer.Id);
        network.PeerDisconnected += (peer, _) => orphans.Forget(peer.Id);
    }

    /// <summary>Raised for every block that the chain accepted from a peer, on whatever branch. Must return soon.</summary>
    public event Action<Block>? BlockAccepted;

    /// <summary>Raised for every transaction that the pool admitted from a peer. Must return soon.</summary>
    public event Action<Transaction>? TransactionAdmitted;

    /// <summary>Gossips a block of this node.</summary>
    public void Publish(Block block) => _spawner.Spawn("pouw-publish-block", async () => await _network.PublishAsync(BlockTopic, block.Encode()));

    /// <summary>Gossips a transaction that the pool admitted.</summary>
    public void Publish(Transaction transaction) =>
        _spawner.Spawn("pouw-publish-transaction", async () => await _network.PublishAsync(TransactionTopic, transaction.Encode()));

    /// <summary>Waits for a catch-up under way, which uses the chain. Called once, after cancellation: none starts from then on.</summary>
    public Task StopAsync() => _catchingUp.WaitAsync(CancellationToken.None);

    private ValueTask<GossipVerdict> OnBlock(PeerId peer, ReadOnlyMemory<byte> message)
    {
        // The header alone tells that a block is known or malformed; the rest is not decoded then.
        ValidationResult result = _chain.Peek(message.Span);
        if (result.IsValid || result.Code == ValidationCode.UnknownParent)
        {
            result = Block.TryDecode(message.Span, _chain.Parameters.MaxBlockBytes, out Block? block);
            result = result.IsValid ? Take(peer, block!) : result;
        }

        // A block over the budget may be valid, and then the sender has to answer for it.
        if (result.Code is ValidationCode.UnknownParent or ValidationCode.RateLimited)
        {
            StartCatchUp(peer);
        }

        // Only an answer to a request may lack a witness that was pruned; gossip that does is nobody's honest mistake.
        return ValueTask.FromResult(result.Code == ValidationCode.MissingWitness ? GossipVerdict.Reject : result.Verdict);
    }

    private ValueTask<GossipVerdict> OnTransaction(PeerId peer, ReadOnlyMemory<byte> message)
    {
        ValidationResult result = Transaction.TryDecode(message.Span, out Transaction? transaction);
        if (result.IsValid)
        {
            result = _pool.Admit(transaction!);
            if (result.IsValid)
            {
                _poolChanged();
                TransactionAdmitted?.Invoke(transaction!);
            }
        }

        return ValueTask.FromResult(result.Verdict);
    }

    private ValueTask<ReadOnlyMemory<byte>?> OnSyncRequest(PeerId peer, ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        if (SyncRequest.TryDecode(message.Span) is not { } request)
        {
            _network.Punish(peer, "malformed sync request");
            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(null);
        }

        return ValueTask.FromResult<ReadOnlyMemory<byte>?>(SyncResponse.Encode(BlocksAfter(CommonAncestor(request))));
    }

    /// <summary>Imports a gossiped block with all that waited for it; it waits itself if its parent is not known.</summary>
    private ValidationResult Take(PeerId peer, Block block)
    {
        OrphanImport<PeerId> import = _orphans.Import(peer, block);
        Tell(block, import.Result);
        TellAdopted(import.Adopted);
        return import.Result;
    }

    /// <summary>Imports a block that was asked for, and what waited for it.</summary>
    private ValidationResult TakeAskedFor(Block block)
    {
        ValidationResult result = _chain.Import(block);
        Tell(block, result);
        if (result.IsValid)
        {
            TellAdopted(_orphans.Connect(block.Id));
        }

        return result;
    }

    private void TellAdopted(IReadOnlyList<AdoptedOrphan<PeerId>> adopted)
    {
        foreach (AdoptedOrphan<PeerId> orphan in adopted)
        {
            Tell(orphan.Block, orphan.Result);
            if (orphan.Result.Verdict == GossipVerdict.Reject)
            {
                _network.Punish(orphan.Source, $"invalid block {orphan.Block.Id.ToShortString()}: {orphan.Result}");
            }
        }
    }

    private void Tell(Block block, ValidationResult result)
    {
        if (result.IsValid)
        {
            BlockAccepted?.Invoke(block);
        }
    }

    private ulong CommonAncestor(SyncRequest request)
    {
        foreach (Hash256 id in request.Locator)
        {
            if (_chain.GetHeader(id) is { } header && _chain.GetIdByHeight(header.Height) == id)
            {
                return header.Height;
            }
        }

        return 0;
    }

    private List<byte[]> BlocksAfter(ulong height)
    {
        List<byte[]> blocks = [];
        int size = 0;
        while (blocks.Count < SyncResponse.MaxBlocks && size < SyncResponse.TargetBytes && _chain.GetBlockByHeight(++height) is { } block)
        {
            blocks.Add(block.Encode());
            size += blocks[^1].Length;
        }

        return blocks;
    }

    private void StartCatchUp(PeerId peer) => _spawner.Spawn("pouw-catch-up", () => CatchUpAsync(peer));

    private async Task CatchUpAsync(PeerId peer)
    {
        // One catch-up at a time is enough: whoever comes next finds the chain up to date. Missing this one loses nothing, because the
        // next block that lacks its parent starts another.
        if (!_catchingUp.Wait(0, _stopping))
        {
            return;
        }

        try
        {
            // The peer's branch may stay the lighter one for more than an answer, so each request goes on where the last answer ended.
            Hash256? last = null;
            do
            {
                last = await FetchNextAsync(peer, last);
            }
            while (last is not null && !_stopping.IsCancellationRequested);
        }
        finally
        {
            _catchingUp.Release();
        }
    }

    /// <summary>The last block of the answer, from which the next request goes on; null when there is no more to learn.</summary>
    private async Task<Hash256?> FetchNextAsync(PeerId peer, Hash256? after)
    {
        SyncRequest request = new(Locator(after));
        RequestResult answer = await _network.RequestAsync(peer, SyncRequest.Protocol, request.Encode(), RequestTimeout, _stopping);
        if (!answer.IsOk)
        {
            return null;
        }

        if (SyncResponse.TryDecode(answer.Response.Span, _chain.Parameters.MaxBlockBytes) is not { } response)
        {
            _network.Punish(peer, "malformed sync response");
            return null;
        }

        (Hash256? last, ulong height) = (null, HeightOf(after));
        foreach (Block block in response.Blocks.TakeWhile(_ => !_stopping.IsCancellationRequested))
        {
            ValidationResult result = TakeAskedFor(block);
            if (result.Code == ValidationCode.MissingWitness)
            {
                _warn($"{peer} has pruned the witness of block {block.Header.Height}; ask another node, or trust a checkpoint at or above it.");
                return null;
            }

            if (result.Verdict == GossipVerdict.Reject)
            {
                _network.Punish(peer, $"invalid block {block.Id.ToShortString()}: {result}");
                return null;
            }

            // A known block of the branch is a step too: an earlier catch-up may have ended there. Heights have to grow, so that no peer
            // can keep this going with blocks that are known.
            if (block.Header.Height > height && (result.IsValid || IsOnBranch(block, result)))
            {
                (last, height) = (block.Id, block.Header.Height);
            }
        }

        return last;
    }

    private ulong HeightOf(Hash256? id) => id is { } known && _chain.GetHeader(known) is { } header ? header.Height : 0;

    private bool IsOnBranch(Block block, ValidationResult result) =>
        result.Code == ValidationCode.AlreadyKnown && _chain.GetIdByHeight(block.Header.Height) != block.Id;

    private List<Hash256> Locator(Hash256? after)
    {
        List<Hash256> locator = after is { } id ? [id] : [];
        ulong height = _chain.Head.Height;
        for (ulong step = 1; height > 0 && locator.Count < SyncRequest.MaxLocator - 1; height -= Math.Min(height, step))
        {
            if (_chain.GetIdByHeight(height) is { } own)
            {
                locator.Add(own);
            }

            step = locator.Count < 8 ? 1 : step * 2;
        }

        locator.Add(_chain.Genesis.Id);
        return locator;
    }
}
