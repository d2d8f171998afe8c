using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Sync;

/// <summary>
/// Fetches bodies by plan and imports them in order, one importer at a time. While a block is imported, later ones are fetched, decoded,
/// compared with their headers and have their signatures verified. Whoever sends a body that does not belong to its header is punished.
/// </summary>
internal sealed class BodyFetcher(
    BlockChain chain, HeaderIntake<PeerId> intake, SyncPeers peers, SyncNetwork network, SyncOptions options, TimeProvider time, SyncTasks tasks,
    Pulse progress, BodyPlan plan, Action<string> warn, Action<Block, ValidationResult> imported, Action<PeerId> disappointed,
    Action ended)
{
    // The longest pause after failures of this node, in pauses after the first.
    private const int MaxPauseFactor = 8;

    private bool _isImporting;
    private bool _isHeld;
    private int _failures;
    private long _count;

    /// <summary>Blocks that were imported.</summary>
    internal long Imported => Interlocked.Read(ref _count);

    /// <summary>True if nothing is to be fetched or imported.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (peers.Gate)
            {
                return plan.IsEmpty && !_isImporting;
            }
        }
    }

    /// <summary>Looks what can be asked for and imported now.</summary>
    internal void Pump(bool replan = false)
    {
        List<BodyFetch> fetches;
        List<(PeerId Peer, Hash256 Id)> exhausted;
        bool import;
        lock (peers.Gate)
        {
            if (replan)
            {
                plan.Spoil();
            }

            if (_isHeld)
            {
                return;
            }

            fetches = plan.Assign();
            exhausted = fetches.Count == 0 ? plan.Exhausted() : [];
            import = !_isImporting && plan.IsNextThere;
            _isImporting |= import;
        }

        foreach (BodyFetch fetch in fetches)
        {
            tasks.Run("body sync", () => FetchAsync(fetch));
        }

        if (import)
        {
            tasks.Run("block import", ImportAllAsync);
        }

        if (exhausted.Count > 0)
        {
            foreach ((PeerId peer, Hash256 id) in exhausted)
            {
                intake.Discard(peer, id);
                disappointed(peer);
            }

            // Who waits for room has it now.
            progress.Beat();
            Pump(replan: true);
        }
    }

    private async Task FetchAsync(BodyFetch fetch)
    {
        int untouched = 0;
        try
        {
            long start = time.GetTimestamp();
            using CancellationTokenSource slow = new(Patience(), time);
            bool isSlow = false;
            SyncAnswer answer;
            await using (slow.Token.Register(() => isSlow = Hedge(fetch)))
            {
                answer = await network.AskAsync(
                    fetch.Peer.Id, SyncProtocols.Bodies, new BodiesRequest(fetch.Ids).Encode(), StreamPriority.Bulk, options.BodyTimeout);
            }

            untouched = answer.IsThere ? Take(fetch, answer.Bytes, isSlow, time.GetElapsedTime(start)) : GiveUp(fetch, answer.IsBusy);
        }
        finally
        {
            lock (peers.Gate)
            {
                plan.End(fetch, untouched);
            }
        }

        Pump();
    }

    private TimeSpan Patience()
    {
        lock (peers.Gate)
        {
            return plan.Patience;
        }
    }

    private bool Hedge(BodyFetch fetch)
    {
        lock (peers.Gate)
        {
            plan.MarkOverdue(fetch);
        }

        Pump();
        return true;
    }

    /// <summary>The peer gave nothing: others are asked, and it is left alone for a while.</summary>
    /// <returns>How many of the ids it may be asked for again: all if it was busy, unless it always is.</returns>
    private int GiveUp(BodyFetch fetch, bool isBusy)
    {
        TimeSpan pause;
        lock (peers.Gate)
        {
            isBusy &= ++fetch.Peer.BusyAnswers <= options.MaxBusyAnswers;
            pause = isBusy ? options.HedgeDelay : options.SlowPeerPause;
            fetch.Peer.Batch = 1;
            fetch.Peer.PausedUntil = time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
        }

        tasks.RunLater("pause of a peer", pause + TimeSpan.FromMilliseconds(1), time, () => Pump());
        return isBusy ? fetch.Ids.Count : 0;
    }

    /// <summary>Checks an answer block by block, and hands each on at once.</summary>
    /// <returns>How many of the last ids were cut off.</returns>
    private int Take(BodyFetch fetch, ReadOnlyMemory<byte> encoded, bool isSlow, TimeSpan taken)
    {
        BodiesResponse? response = BodiesResponse.TryDecode(encoded.Span, fetch.Ids.Count, options.AnswerBytes, chain.Parameters.MaxBlockBytes);
        if (response is null)
        {
            network.Punish(fetch.Peer.Id, "malformed bodies");
            return 0;
        }

        lock (peers.Gate)
        {
            fetch.Peer.WitnessFloor = response.WitnessFloor;
        }

        int next = 0;
        foreach (Block block in response.Blocks)
        {
            Hash256 id = block.Id;
            int place = fetch.Ids.IndexOf(id, next);
            if (place < 0 || (IsWanted(id) && !IsWhole(fetch.Peer, block, response.WitnessFloor)))
            {
                network.Punish(fetch.Peer.Id, "a body that does not fit its header", id);
                return 0;
            }

            next = place + 1;
            bool isImportWaiting;
            lock (peers.Gate)
            {
                plan.Put(block, id, fetch.Peer.Id, block.EncodedLengthWithoutWitness + block.Certificate.Witness.Length);
                isImportWaiting = !_isImporting && plan.IsNextThere;
            }

            if (isImportWaiting)
            {
                Pump();
            }
        }

        // An answer may end early for its size. What a peer has not, it leaves out of the beginning of the next one.
        bool isCut = next > 0 && next < fetch.Ids.Count;
        lock (peers.Gate)
        {
            fetch.Peer.Batch = isCut || isSlow ? Math.Max(1, next) : Math.Min(options.BodiesPerRequest, fetch.Peer.Batch * 2);
            if (next > 0)
            {
                (fetch.Peer.AnswerTime, fetch.Peer.BusyAnswers, fetch.Peer.Disappointments) = (taken, 0, 0);
            }
        }

        return isCut ? fetch.Ids.Count - next : 0;
    }

    /// <summary>False if another peer has sent the block before, which was asked for it since this one took long.</summary>
    private bool IsWanted(Hash256 id)
    {
        lock (peers.Gate)
        {
            return plan.Wants(id);
        }
    }

    private bool IsWhole(SyncPeer peer, Block block, ulong witnessFloor)
    {
        if (block.Certificate.Witness.IsEmpty && block.Header.Height >= witnessFloor)
        {
            return false;
        }

        if (block.Certificate.Witness.IsEmpty && !plan.MayLackWitness(block.Header))
        {
            lock (peers.Gate)
            {
                plan.WarnOfPruning(peer, block.Header.Height);
            }
        }

        return chain.VerifyAhead(block);
    }

    private Task ImportAllAsync()
    {
        try
        {
            while (TakeNext() is { } next)
            {
                Import(next.Block, next.From);
            }
        }
        finally
        {
            lock (peers.Gate)
            {
                _isImporting = false;
            }
        }

        // A block that came in between saw an importer and started none.
        Pump();
        ended();
        return Task.CompletedTask;
    }

    private (Block Block, PeerId From)? TakeNext()
    {
        lock (peers.Gate)
        {
            return !network.Stopping.IsCancellationRequested && !_isHeld && plan.TryTake(out Block? block, out PeerId from) ? (block!, from) : null;
        }
    }

    private void Import(Block block, PeerId from)
    {
        try
        {
            Conclude(block, from, intake.ImportBody(from, block));
            progress.Beat();
            Pump();
            _failures = 0;
        }
        catch (Exception failure)
        {
            // The store failed, and nothing of the block was kept; or a listener did, and the block is in. The next attempt tells, after a
            // pause that doubles as long as it goes on.
            warn($"block {block.Header.Height} was not imported: {failure.Message}");
            Hold(options.SlowPeerPause * Math.Min(MaxPauseFactor, 1 << Math.Min(_failures++, 30)));
        }
    }

    private void Conclude(Block block, PeerId from, ValidationResult result)
    {
        Hash256 id = block.Id;
        if (result.IsValid || result.Code == ValidationCode.AlreadyKnown)
        {
            lock (peers.Gate)
            {
                plan.Advance(id);
            }

            Interlocked.Increment(ref _count);
            imported(block, result);
            return;
        }

        if (result.Code == ValidationCode.BadTimestamp && EarlyBlocks.DelayOf(block.Header, chain.Parameters, time, options) is { } delay)
        {
            Hold(delay);
            return;
        }

        if (result.Code is ValidationCode.UnknownParent or ValidationCode.BadTimestamp)
        {
            intake.Discard(from, id);
        }

        if (result.Verdict == GossipVerdict.Reject)
        {
            network.Punish(from, $"invalid block {id.ToShortString()}: {result}");
        }

        lock (peers.Gate)
        {
            plan.Spoil();
        }
    }

    private void Hold(TimeSpan delay)
    {
        lock (peers.Gate)
        {
            _isHeld = true;
            plan.Spoil();
        }

        tasks.RunLater("sync after a pause", delay, time, () =>
        {
            lock (peers.Gate)
            {
                _isHeld = false;
            }

            Pump();
        });
    }
}
