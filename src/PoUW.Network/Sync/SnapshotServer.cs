using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.State.Snapshots;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Requests;

namespace PoUW.Network.Sync;

/// <summary>
/// Offers the states of finalized checkpoints that are still kept, and of the checkpoint that this node trusts, chunk by chunk. The chunks of a
/// state are counted once, when it is first asked for, one state at a time and beside everything else; a peer causes one count in a while. What was
/// counted and is asked for least recently is forgotten first. Thread-safe.
/// </summary>
internal sealed class SnapshotServer
{
    private const int RequestBytes = 1024;

    // Counting reads the state once; whoever asks for it pays a part, since the others use the result as well.
    private const int CountingShare = 8;

    private readonly Lock _gate = new();

    // The one that was used last is the last one.
    private readonly List<SnapshotIndex> _indexes = [];
    private readonly Dictionary<PeerId, long> _counted = [];
    private readonly BlockChain _chain;
    private readonly SyncNetwork _network;
    private readonly SyncOptions _options;
    private readonly ServeBudget _budget;
    private readonly TimeProvider _time;
    private readonly SyncTasks _tasks;
    private bool _isCounting;

    internal SnapshotServer(
        BlockChain chain, SyncNetwork network, SyncOptions options, ServeBudget budget, TimeProvider time, SyncTasks tasks)
    {
        (_chain, _network, _options, _budget, _time, _tasks) = (chain, network, options, budget, time, tasks);
        network.Serve(SyncProtocols.Snapshots, Answer, StreamPriority.Bulk);
    }

    private ReadOnlyMemory<byte>? Answer(PeerId peer, ReadOnlyMemory<byte> message)
    {
        if (SnapshotRequest.TryDecode(message.Span) is not { } request)
        {
            _network.Punish(peer, "malformed request");
            return null;
        }

        if (!_budget.MayServe(peer))
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        byte[]? answer;
        try
        {
            answer = request.Chunk is { } chunk ? Chunk(request.BlockId, chunk) : Offer(peer, request);
        }
        catch (StateTreeException)
        {
            // The state was pruned meanwhile.
            Forget(request.BlockId);
            answer = null;
        }

        _budget.Charge(peer, RequestBytes + (answer?.Length ?? 0));
        return answer;
    }

    private byte[]? Offer(PeerId peer, SnapshotRequest request)
    {
        Hash256 id = request.BlockId;
        bool isOffered = _chain.GetHeader(id) is { Height: > 0 } header && IsCheckpoint(header.Height) && header.Height <= _chain.FinalizedHeight
            && header.Height >= _chain.BaseHeight && _chain.GetIdByHeight(header.Height) == id;
        if (!isOffered || _chain.GetBlock(id) is not { } block || _chain.GetReceipts(id) is not { } receipts || !IsKept(block.Header))
        {
            return null;
        }

        SnapshotIndex? index = Find(id);
        if (index is null)
        {
            Count(peer, block.Header, id);
        }

        return new SnapshotResponse(index?.Ends.Count ?? 0, index?.NumberAfter(request.After) ?? 0, block, receipts, AncestorsOf(block.Header)).Encode();
    }

    private byte[]? Chunk(Hash256 id, int number)
    {
        if (Find(id) is not { } index || number >= index.Ends.Count)
        {
            return null;
        }

        return new SnapshotExporter(_chain.StateAt(index.StateRoot)).Next(index.StartOf(number))?.Encode();
    }

    private bool IsCheckpoint(ulong height) =>
        CheckpointHeights.IsCheckpoint(height, _chain.Parameters.EpochBlocks) || height == _chain.TrustedCheckpoint?.Height;

    private bool IsKept(BlockHeader header) => _chain.StateAt(header.StateRoot).Version.Root == header.StateRoot;

    private List<BlockHeader> AncestorsOf(BlockHeader header)
    {
        List<BlockHeader> ancestors = [];
        while (ancestors.Count < SnapshotAdoption.AncestorCount && header.Height > 0 && _chain.GetHeader(header.ParentHash) is { } parent)
        {
            ancestors.Add(parent);
            header = parent;
        }

        return ancestors;
    }

    private SnapshotIndex? Find(Hash256 id)
    {
        lock (_gate)
        {
            int place = _indexes.FindIndex(index => index.BlockId == id);
            if (place < 0)
            {
                return null;
            }

            SnapshotIndex found = _indexes[place];
            _indexes.RemoveAt(place);
            _indexes.Add(found);
            return found;
        }
    }

    private void Forget(Hash256 id)
    {
        lock (_gate)
        {
            _indexes.RemoveAll(index => index.BlockId == id);
        }
    }

    private void Count(PeerId peer, BlockHeader header, Hash256 id)
    {
        lock (_gate)
        {
            if (_isCounting || !MayCause(peer))
            {
                return;
            }

            _isCounting = true;
        }

        _tasks.Run("snapshot count", () =>
        {
            CountAll(peer, header, id);
            return Task.CompletedTask;
        });
    }

    /// <summary>True if a peer has caused no count for a while; under the lock, and it has caused one now.</summary>
    private bool MayCause(PeerId peer)
    {
        long now = _time.GetTimestamp();
        foreach (PeerId old in _counted.Where(entry => _time.GetElapsedTime(entry.Value, now) >= _options.SnapshotCountInterval).Select(entry => entry.Key).ToList())
        {
            _counted.Remove(old);
        }

        return _counted.TryAdd(peer, now);
    }

    private void CountAll(PeerId peer, BlockHeader header, Hash256 id)
    {
        List<Hash256> ends = [];
        try
        {
            SnapshotExporter exporter = new(_chain.StateAt(header.StateRoot));
            Hash256? after = null;
            while (!_network.Stopping.IsCancellationRequested && ends.Count < _options.MaxSnapshotChunks && exporter.Next(after) is { } chunk)
            {
                ends.Add(chunk.Leaves[^1].Path);
                after = chunk.Right is null ? null : ends[^1];
                if (after is null)
                {
                    Keep(new SnapshotIndex(id, header.StateRoot, ends));
                    break;
                }
            }
        }
        catch (StateTreeException)
        {
            // The state was pruned meanwhile; it will not be offered any more.
            ends.Clear();
        }
        finally
        {
            lock (_gate)
            {
                _isCounting = false;
            }
        }

        // It is read here and sent to nobody: the others are served as before.
        _budget.ChargeOwn(peer, (long)ends.Count * SnapshotChunk.MaxLeafBytes / CountingShare);
    }

    private void Keep(SnapshotIndex index)
    {
        lock (_gate)
        {
            if (_indexes.Count >= _options.MaxSnapshotIndexes)
            {
                _indexes.RemoveAt(0);
            }

            _indexes.Add(index);
        }
    }
}
